//! A test of ureq, a blocking client: what does it do in the keep-alive race, and when a server is busy?
//!
//! cargo run --example ureq

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use labserve::{Event, Report, Rule, Server};
use std::error::Error;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let busy = Rule::path("/busy").status(503).field("Retry-After: 0").times(2);
    let report = run(busy, |agent, url| {
        let mut statuses = Vec::new();
        while statuses.last() != Some(&404) {
            statuses.push(get(agent, &url("/busy"))?);
        }
        assert_eq!(statuses, [503, 503, 404]);
        Ok(())
    })?;
    assert_eq!(report.connections(), 1, "ureq should reuse its connection: {report}");

    for race in [Rule::any().fin_meets_request(), Rule::any().reset_meets_request()] {
        let report = run(race, |agent, url| {
            get(agent, &url("/"))?;
            // The server ends the connection when the first byte of this request arrives.
            let second = get(agent, &url("/"));
            println!("the second request: {second:?}");
            get(agent, &url("/")).map(drop)
        })?;
        assert_eq!(report.connections(), 2, "{report}");
        assert_eq!(
            report.iter().map(|each| each.dropped.len()).sum::<usize>(),
            1,
            "{report}"
        );
        println!("{report}");
    }
    Ok(())
}

/// Runs a test of a client against a server with a rule.
fn run(
    rule: Rule,
    test: impl FnOnce(&ureq::Agent, &dyn Fn(&str) -> String) -> Result<(), Box<dyn Error>>,
) -> Result<Report, Box<dyn Error>> {
    let server = Server::builder().profile("nginx")?.rule(rule).start()?;
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .build();
    let agent = ureq::Agent::new_with_config(config);
    test(&agent, &|path| server.url(path))?;
    drop(agent);
    // Once the connections have ended, the report contains everything that happened.
    server.wait_for(Event::closed(), Duration::from_secs(5))?;
    Ok(server.stop())
}

/// The status of a response that was read to its end.
fn get(agent: &ureq::Agent, url: &str) -> Result<u16, Box<dyn Error>> {
    let mut response = agent.get(url).call()?;
    response.body_mut().read_to_vec()?;
    Ok(response.status().as_u16())
}
