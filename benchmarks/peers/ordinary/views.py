"""Two viewsets with their serializers, as the tutorials write them, without a query for each row."""

from typing import Any

from rest_framework import permissions, serializers, viewsets

from benchmarks.peers.ordinary.models import Category, Order, OrderLine, Product


class CategorySerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ["slug", "name"]


class ProductSerializer(serializers.ModelSerializer):
    category = CategorySerializer()
    available = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = [
            *("id", "sku", "name", "slug", "description", "price", "category", "available", "is_active"),
            *("created_at", "updated_at"),
        ]

    def get_available(self, product: Product) -> int:
        """Return what can be bought."""
        return int(product.on_hand - product.reserved)


class LineSerializer(serializers.ModelSerializer):
    class Meta:
        model = OrderLine
        fields = ["product_id", "quantity", "sku", "name", "unit_price"]


class OrderSerializer(serializers.ModelSerializer):
    items = LineSerializer(many=True)

    class Meta:
        model = Order
        fields = [
            *("id", "user_id", "status", "reason", "total", "currency", "shortages", "placed_at", "updated_at"),
            "items",
        ]


class ProductViewSet(viewsets.ModelViewSet):
    queryset = Product.objects.filter(is_active=True).select_related("category").order_by("-created_at", "-id")
    serializer_class = ProductSerializer
    lookup_field = "slug"


class OrderViewSet(viewsets.ModelViewSet):
    permission_classes = [permissions.IsAuthenticated]
    serializer_class = OrderSerializer

    def get_queryset(self) -> Any:
        """Return one's own orders."""
        mine = Order.objects.filter(user_id=self.request.user.id)
        return mine.prefetch_related("items").order_by("-placed_at", "-id")
