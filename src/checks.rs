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
    access_mode_unrestricted
    auth_type_invalid
    client_file_not_read
    client_foreign_key
    client_host_header
    client_type_missing
    command_runs_docker
    database_url_missing
    duplicate_key
    env_file_missing
    env_not_read
    env_reference_syntax
    env_variable_boolean
    env_variable_unset
    file_unreadable
    gateway_image_floating
    gateway_path
    gateway_server_unknown
    healthcheck_missing
    host_header_rejected
    invalid_syntax
    litellm_ignored_setting
    litellm_misplaced_section
    litellm_misplaced_setting
    litellm_null_settings
    litellm_unknown_section
    loopback_in_container
    network_undefined
    no_shared_network
    port_mismatch
    published_port_inside
    published_unauthenticated
    secret_in_file
    server_alias_conflict
    server_alias_dangling
    server_alias_ignored
    server_alias_invalid
    server_name_invalid
    server_shape
    server_unknown_key
    server_value_type
    stdio_published_port
    stdio_without_stdin
    transport_invalid
    transport_mismatch
    transport_missing
    unknown_host
    url_malformed
    url_missing
    url_path_suspect
}

/// The check with that id, or one that was called so formerly.
pub fn by_id(id: &str) -> Option<&'static Check> {
    ALL.iter()
        .copied()
        .find(|check| check.id == id || check.formerly.contains(&id))
}
