"""One customer on one page, a module for each part of it: each turns an answer into plain values in a language."""
