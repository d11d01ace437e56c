"""The routes."""

from rest_framework.routers import DefaultRouter

from benchmarks.peers.ordinary import views

router = DefaultRouter()
router.register("products", views.ProductViewSet)
router.register("orders", views.OrderViewSet, basename="order")
urlpatterns = router.urls
