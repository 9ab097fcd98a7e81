//! Every check, in the order of their ids. A new check is one page in `checks/`, one file here and one line below.

use crate::check::Check;

macro_rules! checks {
    ($($module:ident)*) => {
        $(mod $module;)*

        /// All of them, sorted by id.
        pub static ALL: &[&Check] = &[$(&$module::CHECK),*];
    };
}

checks! {
    accept_stripped
    access_mode_unrestricted
    auth_rejected
    auth_required
    auth_type_invalid
    auth_value_missing
    auth_value_unused
    baseline_outdated
    bearer_doubled
    bind_loopback
    call_differs
    call_failed
    cleartext_token
    client_approval_pending
    client_blocked
    client_disagrees
    client_file_not_read
    client_foreign_key
    client_host_header
    client_name_invalid
    client_proxy
    client_remote_unsupported
    client_scope_conflict
    client_top_level_key
    client_type_invalid
    client_type_missing
    client_value_type
    command_runs_docker
    command_unavailable
    command_with_arguments
    config_not_passed
    config_stale
    connection_refused
    connection_reset
    connection_timeout
    container_not_running
    container_stale
    container_unhealthy
    database_url_missing
    depends_on_unconditioned
    docker_env_not_passed
    docker_run_detached
    docker_socket_mounted
    duplicate_key
    entrypoint_doubled
    env_file_missing
    env_not_read
    env_reference_syntax
    env_required_missing
    env_shadowed
    env_value_quoted
    env_variable_boolean
    env_variable_unset
    file_unreadable
    gateway_bearer_missing
    gateway_header_ignored
    gateway_health_untrue
    gateway_hides_failure
    gateway_image_floating
    gateway_install_broken
    gateway_key_unknown
    gateway_open
    gateway_path
    gateway_redirect
    gateway_server_forbidden
    gateway_server_unknown
    gateway_slow_upstream
    gateway_version_header_doubled
    gateway_weak_key
    healthcheck_meaningless
    healthcheck_missing
    healthcheck_needs_key
    host_docker_internal
    host_header_rejected
    host_network_name
    hostname_underscore
    ignore_expired
    ignore_invalid
    ignore_unused
    ignore_without_reason
    image_stale
    invalid_syntax
    litellm_ignored_setting
    litellm_include_overwrites
    litellm_misplaced_section
    litellm_misplaced_setting
    litellm_null_settings
    litellm_unknown_section
    loopback_in_container
    name_not_resolved
    network_external_missing
    network_undefined
    no_answer
    no_shared_network
    no_tools
    not_http
    not_mcp
    oauth_metadata_invalid
    path_outside_repository
    plain_get_406
    port_mismatch
    port_not_listening
    process_exited
    profile_inactive
    protocol_deviation
    protocol_era_mismatch
    protocol_version_unsupported
    published_port_inside
    published_unauthenticated
    rate_limited
    redirect
    secret_in_file
    server_alias_conflict
    server_alias_dangling
    server_alias_ignored
    server_alias_invalid
    server_error
    server_name_invalid
    server_shape
    server_unknown_key
    server_value_type
    session_lost
    slow_answer
    spec_file_missing
    stdio_command_not_allowed
    stdio_disabled
    stdio_env_not_inherited
    stdio_published_port
    stdio_with_tty
    stdio_without_stdin
    stdout_noise
    stream_buffered
    tls_mismatch
    tls_untrusted
    tool_name_duplicate
    tool_name_invalid
    tool_schema_invalid
    tools_page_loop
    transport_invalid
    transport_mismatch
    transport_missing
    unknown_host
    upstream_unavailable
    url_malformed
    url_missing
    url_path_suspect
    wrong_path
    wrong_transport
}

/// The check with that id, or one that was called so formerly.
pub fn by_id(id: &str) -> Option<&'static Check> {
    ALL.iter()
        .copied()
        .find(|check| check.id == id || check.formerly.contains(&id))
}

/// Says that there is no check of that name, and which one may be meant.
pub fn unknown(id: &str) -> String {
    match nearest(id, ALL.iter().map(|check| check.id)) {
        Some(near) => format!("no check is called {id}; did you mean {near}?"),
        None => format!("no check is called {id}; `mcpdoc checks` lists them all"),
    }
}

/// The word that is most like another one, if it is like it at all.
pub fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let likeness = |known: &str| strsim::jaro_winkler(known, word);
    known
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|near| likeness(near) > LIKE)
}

/// From this likeness on (Jaro-Winkler, 0 to 1) a word is taken for a slip of the other.
const LIKE: f64 = 0.85;
