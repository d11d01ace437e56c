"""The OpenAPI document of a service, made from what its views declare, and the pages that show it."""
