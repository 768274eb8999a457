//! Code that depends on the operating system. This is the only module with unsafe code.

#[cfg(test)]
pub(crate) mod allocations;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::{Descriptor, shows_chinese, shows_colour};
#[cfg(unix)]
pub(crate) use unix::{
    KEPT_OPEN, claim_address, cork, file_id, file_id_at, file_limit, file_name, is_link_loop, is_locked,
    is_out_of_descriptors, lowest_free, number, open_for_reading, open_without_waiting, raise_file_limit, read_at,
    segment,
};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::{Descriptor, NEW_PROCESS_GROUP, press_break, shows_chinese, shows_colour};
#[cfg(windows)]
pub(crate) use windows::{
    KEPT_OPEN, claim_address, cork, file_id, file_id_at, file_limit, file_name, is_link_loop, is_locked,
    is_out_of_descriptors, lowest_free, number, open_for_reading, open_without_waiting, raise_file_limit, read_at,
    segment,
};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::{send_file, send_more};

mod passed;
pub use passed::passed_listeners;

mod kernel;
pub use kernel::Kernel;
pub(crate) use kernel::{PeerEnd, Socket, kernel_facts, peer_end, socket, unconfirmed};
