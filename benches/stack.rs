//! Synthetic stacks: one gateway, and as many servers as are wanted, in two compose files and one configuration.

use std::fmt::Write;

/// Whether the servers are as they should be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Each speaks what the gateway calls it with.
    Right,
    /// Each speaks stdio alone, and the gateway calls it over the network.
    Wrong,
}

/// Names and texts of the files.
pub fn synthetic(servers: usize, health: Health) -> Vec<(String, String)> {
    let (transport, port, path, command) = match health {
        Health::Right => (
            "sse",
            8000,
            "/sse",
            "[\"--access-mode=restricted\", \"--transport=sse\"]",
        ),
        Health::Wrong => ("http", 8080, "/mcp", "[\"--access-mode=restricted\"]"),
    };
    let mut config = String::from(
        "general_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY\nmcp_servers:\n",
    );
    let mut compose = String::from("services:\n");
    for n in 0..servers {
        let _ = write!(
            config,
            "  db_{n}:\n    transport: {transport}\n    url: http://mcp-{n}:{port}{path}\n"
        );
        let _ = write!(
            compose,
            "  mcp-{n}:\n    image: crystaldba/postgres-mcp:0.3.0\n    command: {command}\n    environment:\n      DATABASE_URI: postgresql://reader@db/app\n    networks: [mcp]\n    healthcheck:\n      test: [CMD, python, -c, \"pass\"]\n"
        );
    }
    compose.push_str("networks:\n  mcp:\n    external: true\n");
    let gateway = "services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.77.3-stable
    command: [--config, /app/config.yaml]
    volumes: [./litellm.yaml:/app/config.yaml:ro]
    environment:
      LITELLM_MASTER_KEY: ${KEY}
    networks: [mcp]
networks:
  mcp:
    external: true
";
    vec![
        ("litellm.yaml".to_owned(), config),
        ("docker-compose.yml".to_owned(), gateway.to_owned()),
        ("servers/docker-compose.yml".to_owned(), compose),
    ]
}
