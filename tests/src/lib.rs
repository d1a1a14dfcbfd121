//! What the tests share: reading an exposition, listening as a subscriber, calling a server, and finding the judges that are not ours.

pub mod events;
pub mod exposition;
pub mod http;
pub mod judges;
pub mod notes;
pub mod program;
pub mod server;
pub mod table;
