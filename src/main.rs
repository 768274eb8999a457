//! The binary `labserve`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    labserve::cli::main()
}
