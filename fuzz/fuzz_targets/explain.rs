#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| labserve_fuzz::explain::run(data));
