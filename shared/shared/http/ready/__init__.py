"""Ready answers: what many ask for, kept as bytes and served before Django; decision record 13 says why it is right."""
