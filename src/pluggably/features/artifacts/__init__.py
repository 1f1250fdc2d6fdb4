"""Outputs that are too large to be sent inline: kept in a store, fetched by signed addresses that expire."""
