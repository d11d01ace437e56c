"""What tests of every service use: a client, tokens, events in and out, races. Never imported in production."""
