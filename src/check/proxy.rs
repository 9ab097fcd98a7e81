//! What a reverse proxy in front of an MCP server has to be told, in its own words. From the documentation of each.

/// A reverse proxy.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// Words of its answers, in lower case.
    signs: &'static [&'static str],
    /// What people call it.
    pub title: &'static str,
    /// The lines that name the server behind it.
    pub upstream: &'static str,
    /// The lines that let an answer take its time.
    pub patience: &'static str,
    /// The lines that pass `Accept` and `Content-Type` on as they came.
    pub headers: &'static str,
    /// The lines that pass events on as they come.
    pub unbuffered: &'static str,
    /// The lines that tell the server behind it by which scheme and host it was called.
    pub forwarded: &'static str,
    /// The lines that keep one client at one server.
    pub sticky: &'static str,
}

static PROXIES: &[Proxy] = &[
    Proxy {
        signs: &["nginx", "openresty"],
        title: "nginx",
        upstream: "location /mcp {\n    proxy_pass http://mcp-server:8000;\n}",
        patience: "proxy_read_timeout 1h;",
        headers: "proxy_set_header Accept $http_accept;\nproxy_set_header Content-Type $content_type;",
        unbuffered: "proxy_buffering off;\nproxy_http_version 1.1;\nproxy_set_header Connection \"\";",
        forwarded: "proxy_set_header Host $host;\nproxy_set_header X-Forwarded-Proto $scheme;",
        sticky: "upstream mcp {\n    hash $http_mcp_session_id consistent;\n    server mcp-server:8000;\n}",
    },
    Proxy {
        signs: &["caddy"],
        title: "Caddy",
        upstream: "reverse_proxy /mcp* mcp-server:8000",
        patience: "reverse_proxy mcp-server:8000 {\n    transport http {\n        response_header_timeout 10m\n    }\n}",
        headers: "# take out `header_up Accept` and `header_up Content-Type`\nreverse_proxy mcp-server:8000",
        unbuffered: "reverse_proxy mcp-server:8000 {\n    flush_interval -1\n}",
        forwarded: "# in the global options of the outer Caddy, if there are two\nservers {\n    trusted_proxies static private_ranges\n}",
        sticky: "reverse_proxy mcp-a:8000 mcp-b:8000 {\n    lb_policy header Mcp-Session-Id\n}",
    },
    Proxy {
        signs: &["traefik", "no available server"],
        title: "Traefik",
        upstream: "labels:\n  traefik.http.services.mcp.loadbalancer.server.port: \"8000\"",
        patience: "# entryPoints.NAME.transport.respondingTimeouts\nreadTimeout: 0\nwriteTimeout: 0",
        headers: "# a `headers` middleware of this router must not set Accept or Content-Type\ncustomRequestHeaders: {}",
        unbuffered: "# take the `buffering` and `compress` middlewares off this router, and set\ntraefik.http.services.mcp.loadbalancer.responseforwarding.flushinterval: 1ms",
        forwarded: "# entryPoints.NAME.forwardedHeaders, where another proxy stands in front\ntrustedIPs: [\"10.0.0.0/8\"]",
        sticky: "traefik.http.services.mcp.loadbalancer.sticky.cookie: \"true\"  # only for clients that keep cookies",
    },
    Proxy {
        signs: &["haproxy", "no server is available to handle this request"],
        title: "HAProxy",
        upstream: "backend mcp\n    server mcp mcp-server:8000 check",
        patience: "timeout server 1h\ntimeout tunnel 1h",
        headers: "# no `http-request del-header` or `set-header` of Accept and Content-Type",
        unbuffered: "no option http-buffer-request\ntimeout server 1h",
        forwarded: "option forwardfor\nhttp-request set-header X-Forwarded-Proto https if { ssl_fc }",
        sticky: "balance hdr(Mcp-Session-Id)\nhash-type consistent",
    },
    Proxy {
        signs: &["apache"],
        title: "Apache",
        upstream: "ProxyPass \"/mcp\" \"http://mcp-server:8000/mcp\"",
        patience: "ProxyTimeout 3600",
        headers: "# no `RequestHeader unset` or `set` of Accept and Content-Type",
        unbuffered: "ProxyPass \"/mcp\" \"http://mcp-server:8000/mcp\" flushpackets=on\nSetEnv no-gzip 1",
        forwarded: "ProxyPreserveHost On\nRequestHeader set X-Forwarded-Proto \"https\"",
        sticky: "# one worker, or a balancer with `stickysession` for clients that keep cookies",
    },
    Proxy {
        signs: &["cloudflare"],
        title: "Cloudflare",
        upstream: "# the DNS record, or `service:` of the tunnel's ingress rule\nservice: http://localhost:8000",
        patience: "# it waits 100 s for an answer: let the server send an event before that",
        headers: "# no transform rule may change Accept or Content-Type",
        unbuffered: "# answer with `Content-Type: text/event-stream`, and switch compression rules off for this path",
        forwarded: "# SSL/TLS mode `Full (strict)`, so that the server is called by https as well",
        sticky: "# session affinity of the load balancer needs clients that keep cookies: run one server",
    },
];

/// The proxy that an answer names, where it is known what it has to be told.
pub(crate) fn of(named: Option<&str>) -> Option<&'static Proxy> {
    let named = named?.to_lowercase();
    let says = |sign: &&str| named.contains(*sign);
    PROXIES.iter().find(|proxy| proxy.signs.iter().any(&says))
}

/// Its name in a message, with an article where it has none.
pub(crate) fn title(named: Option<&str>) -> String {
    match (of(named), named) {
        (Some(proxy), _) => proxy.title.to_owned(),
        (None, Some(named)) => named.to_owned(),
        (None, None) => "a proxy".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_known_by_its_words() {
        for (words, expected) in [
            ("nginx/1.22.1", "nginx"),
            ("Caddy", "Caddy"),
            ("no available server", "Traefik"),
            ("Apache/2.4", "Apache"),
            ("gunicorn", "gunicorn"),
        ] {
            assert_eq!(title(Some(words)), expected, "{words}");
        }
        assert_eq!(title(None), "a proxy");
        assert!(of(Some("gunicorn")).is_none());
    }
}
