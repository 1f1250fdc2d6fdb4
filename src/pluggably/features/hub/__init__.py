"""The Hugging Face hub: search, the files of its repositories, and what they tell about models."""
