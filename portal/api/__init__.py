"""The interface for systems (接口对接, Haishu 28): REST, with keys of departments."""
