//! What only the operating system can do, and differs between systems: the only room with unsafe code.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{cork, file_id, open_for_reading, raise_file_limit, read_at};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::{cork, file_id, open_for_reading, raise_file_limit, read_at};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::{send_file, send_more};

mod kernel;
pub use kernel::Kernel;
pub(crate) use kernel::{Socket, kernel_facts, socket};
