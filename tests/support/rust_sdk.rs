//! A small server of the Rust SDK, over streamable HTTP.

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{ServerCapabilities, ServerConfig};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ServerHandler, ServiceExt as _, schemars, tool, tool_handler, tool_router};

#[derive(Clone)]
struct Small {
    #[expect(dead_code, reason = "read by what the macro writes")]
    tool_router: ToolRouter<Small>,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Text {
    text: String,
}

#[tool_router]
impl Small {
    #[tool(description = "Says it again")]
    fn echo(&self, Parameters(Text { text }): Parameters<Text>) -> String {
        text
    }
}

#[tool_handler]
impl ServerHandler for Small {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

/// Serves on a port of loopback that the system picks, until the runtime ends. Its address.
#[allow(dead_code, reason = "no test needs all of it")]
pub async fn serve() -> String {
    serve_at(0).await
}

/// Serves on a port of loopback, until the runtime ends. Its address.
#[allow(dead_code, reason = "no test needs all of it")]
pub async fn serve_at(port: u16) -> String {
    let address = format!("127.0.0.1:{port}");
    serve_on(&address, StreamableHttpServerConfig::default()).await
}

/// Serves on an address, until the runtime ends. Where, on this machine.
pub async fn serve_on(address: &str, config: StreamableHttpServerConfig) -> String {
    let make = || {
        Ok(Small {
            tool_router: Small::tool_router(),
        })
    };
    let service = StreamableHttpService::new(make, LocalSessionManager::default().into(), config);
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let router = axum::Router::new().nest_service("/mcp", service);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://127.0.0.1:{port}/mcp")
}

/// Talks over pipes, until the other side has no more to say.
#[allow(dead_code, reason = "no test needs all of it")]
pub async fn talk(
    input: impl tokio::io::AsyncRead + Send + Unpin + 'static,
    output: impl tokio::io::AsyncWrite + Send + Unpin + 'static,
) {
    let small = Small {
        tool_router: Small::tool_router(),
    };
    let running = small.serve((input, output)).await.expect("a client");
    running.waiting().await.expect("an end");
}
