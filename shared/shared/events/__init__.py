"""Events between the services: written with their cause, published with confirms, handled once in effect.

contracts -> envelope -> outbox (the writer) -> relay (the pump) -> delivery (the reader, with inbox and retries).
"""
