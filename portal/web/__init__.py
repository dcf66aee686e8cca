"""The desk in the browser (系统填报, Haishu 28): pages made on the server, nothing from other hosts."""
