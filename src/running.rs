//! What runs beside what is declared: which container is which service's, and what a name leads to where a container
//! asks for it. Pure: files and an engine's answers in.

mod matched;
mod names;
mod relevant;
#[cfg(test)]
mod tests;

pub use matched::Containers;
pub use names::{Found, Met, Nobody, Place, look_up, place};
pub(crate) use names::{answers_to, publisher};
pub use relevant::relevant;
