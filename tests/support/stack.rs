//! The stack of linuxserver.lan, for real: LiteLLM, postgres-mcp and PostgreSQL in containers as the owner's files
//! describe them, Claude Code on this machine, and `mcpdoc check` as the owner would ask it.

#![allow(dead_code, reason = "no test needs all of it")]

#[path = "stack/ask.rs"]
pub mod ask;
#[path = "stack/case.rs"]
pub mod case;
#[path = "stack/claude.rs"]
pub mod claude;
#[path = "stack/docker.rs"]
pub mod docker;
#[path = "stack/nginx.rs"]
pub mod nginx;
#[path = "stack/parts.rs"]
pub mod parts;
#[path = "stack/report.rs"]
pub mod report;
