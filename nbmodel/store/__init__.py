"""Content-addressed bytes; knows neither git nor models."""
