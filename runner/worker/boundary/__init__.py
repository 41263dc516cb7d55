"""What both ends of the socket between judge and subject share: calls, proxies, containers."""
