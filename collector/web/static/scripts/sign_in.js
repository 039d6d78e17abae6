// `make demo` prints an address that ends in #token=…: it fills in the form; a fragment never reaches a server's log.

const token = document.getElementById("token");
if (token && location.hash.startsWith("#token=")) {
  token.value = decodeURIComponent(location.hash.slice("#token=".length));
  document.getElementById("by-token").open = true;
  history.replaceState(null, "", location.pathname);
}
