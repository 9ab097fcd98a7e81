//! What is known of the protocol on the wire: the messages to send, what an answer means, and what a whole
//! conversation shows. Pure: answers in, diagnosis out. Sources: the specification of each revision and recorded
//! conversations with real servers.

mod address;
mod called;
mod header;
mod meaning;
mod oauth;
pub mod page;
mod raw;
mod reading;
mod rpc;
mod schema;
mod sdk;
mod told;
mod tool;
mod trouble;

pub use address::{before_mcp, without_user_info};
pub use called::{Called, called};
pub(crate) use called::{content, forget_content};
pub use meaning::{Meaning, NO_METHOD, meaning};
pub use oauth::{Challenge, authorization_servers, covers, resource_documents, server_documents};
pub use reading::{Auth, Implementation, Mode, Reading, Standing, Times, read};
pub use rpc::{Rpc, encoded_name};
use told::tells_outcomes;
pub use told::{Refusal, Told, ToldHealth, ToldOutcome, ToldServer, is_gateway};
pub(crate) use told::{told, words as refusal_words};
pub use tool::{is_valid_name, tool};
pub use trouble::{Foreign, Kind, RedirectChange, Trouble};
