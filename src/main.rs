//! The binary `labserve`. All of the code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    labserve::cli::main()
}
