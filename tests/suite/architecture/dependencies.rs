//! The dependencies of each crate.

use super::root;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The dependencies that each package may have, on all systems together. Tests and benches may use more.
const DEPENDENCIES: &[(&str, &[&str])] = &[
    (
        "labserve",
        &[
            "clap",
            "clap_complete",
            "clap_mangen",
            "indicatif",
            "landlock",
            "labserve-capture",
            "labserve-core",
            "labserve-probe",
            "labserve-server",
            "labserve-timeline",
            "open",
            "quick-junit",
            "rustix",
            "serde",
            "serde_json",
            "tokio",
            "toml",
            "tracing",
            "tracing-subscriber",
            "windows-sys",
        ],
    ),
    (
        "labserve-capture",
        &[
            "etherparse",
            "flate2",
            "httparse",
            "labserve-core",
            "maud",
            "memchr",
            "pcap-parser",
            "ruzstd",
            "serde",
            "serde_json",
        ],
    ),
    (
        "labserve-core",
        &[
            "http",
            "md-5",
            "memchr",
            "mime_guess",
            "serde",
            "sha1",
            "sha2",
            "strsim",
            "toml",
            "unicode-normalization",
        ],
    ),
    (
        "labserve-probe",
        &[
            "labserve-core",
            "maud",
            "memchr",
            "quick-junit",
            "serde",
            "serde_json",
            "toml",
        ],
    ),
    (
        "labserve-server",
        &[
            "bytes",
            "http-body-util",
            "hyper",
            "hyper-util",
            "labserve-core",
            "libc",
            "memchr",
            "serde",
            "serde_json",
            "socket2",
            "tokio",
            "tracing",
            "windows-sys",
        ],
    ),
    (
        "labserve-timeline",
        &[
            "axum",
            "bytes",
            "getrandom",
            "http",
            "http-body-util",
            "hyper",
            "hyper-util",
            "labserve-core",
            "labserve-server",
            "lz4_flex",
            "memchr",
            "serde_json",
            "tokio",
            "tokio-stream",
            "toml",
            "tower-http",
            "tracing",
        ],
    ),
];

/// Dependencies bound what a crate can know.
#[test]
fn each_crate_has_the_listed_dependencies() {
    let listed: BTreeMap<&str, BTreeSet<&str>> = DEPENDENCIES
        .iter()
        .map(|(package, dependencies)| (*package, dependencies.iter().copied().collect()))
        .collect();
    let done = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo can be run");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let found: BTreeMap<&str, BTreeSet<&str>> = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
            let names = normal.filter_map(|dependency| dependency["name"].as_str());
            (package["name"].as_str().expect("a name"), names.collect())
        })
        .collect();
    assert_eq!(found, listed);
}

/// Without default features, for tests in other crates, `labserve` needs less than half of the packages of the program.
#[test]
fn a_server_without_features_needs_few_packages() {
    let packages = |features: &[&str]| {
        let done = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--offline",
                "--package",
                "labserve",
                "--edges",
                "normal",
                "--prefix",
                "none",
            ])
            .args(features)
            .current_dir(root())
            .output()
            .expect("cargo can be run");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let lines = String::from_utf8_lossy(&done.stdout).into_owned();
        lines
            .lines()
            .map(|line| line.trim_end_matches(" (*)").to_owned())
            .collect::<BTreeSet<String>>()
    };
    let (server, program) = (packages(&["--no-default-features"]), packages(&[]));
    assert!(
        server.len() * 2 < program.len(),
        "{} of {}: {server:?}",
        server.len(),
        program.len()
    );
    for name in [
        "axum",
        "clap",
        "etherparse",
        "flate2",
        "indicatif",
        "maud",
        "pcap-parser",
        "tracing-subscriber",
    ] {
        let with_version = format!("{name} v");
        assert!(!server.iter().any(|line| line.starts_with(&with_version)), "{name}");
    }
}
