"""The shop's things as pages, papers and devices show them."""
