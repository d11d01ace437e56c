"""An ordinary Django REST framework service over the same tables: viewsets, simplejwt, joins, lasting connections."""
