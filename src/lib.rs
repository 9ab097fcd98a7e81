//! mcpdoc: the doctor for MCP chains.
