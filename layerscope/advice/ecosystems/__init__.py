"""Package managers of programming languages: what each install reads and writes. One module a language."""
