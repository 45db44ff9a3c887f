"""What goes on beyond orders: looks, deliveries, reviews, consents, assortment, from streams of their own."""
