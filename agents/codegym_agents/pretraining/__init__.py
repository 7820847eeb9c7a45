"""How the shipped nano checkpoint was made: corpus, tokenizer, pretraining."""
