use labserve_probe::{Recording, case, learn};
fn main() {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap();
    let without: Vec<String> = args.next().unwrap_or_default().split(',').map(str::to_owned).collect();
    let mut all: Option<Recording> = None;
    for corpus in ["report", "extended", "chunked", "heads", "targets", "following"] {
        let text = std::fs::read_to_string(format!("tests/data/recordings/{corpus}/{name}.json")).unwrap();
        let one = Recording::parse(&text).unwrap();
        match &mut all {
            None => all = Some(one),
            Some(all) => all.absorb(one),
        }
    }
    let begun = std::time::Instant::now();
    let options = learn::Options {
        without,
        most_time: std::time::Duration::from_secs(
            std::env::var("MOST").ok().and_then(|s| s.parse().ok()).unwrap_or(300),
        ),
    };
    let say = |p| eprintln!("{:?} {p:?}", begun.elapsed());
    let learned = learn::learn(&all.unwrap(), case::built_in(), &options, &say).unwrap();
    std::fs::write(format!("/tmp/learn-{name}.toml"), &learned.text).unwrap();
    for (name, why) in learned.differing.iter() {
        println!("  {name}: {why}");
    }
    println!(
        "{name}: extends {:?} seen {} held {} all {} in {:?} literal {:?}",
        learned.extends,
        learned.seen,
        learned.held_out,
        learned.all,
        begun.elapsed(),
        learned.literal
    );
}
