//! What both benches say of themselves: the peers' versions, the machine, and the middle of many numbers.

/// The lock file of this package: what was compiled.
const LOCK: &str = include_str!("Cargo.lock");

/// The packages that `package` depends on, with their versions.
pub fn dependencies(package: &str) -> Vec<(&'static str, &'static str)> {
    let Some(block) = blocks().find(|block| field(block, "name") == Some(package)) else { return Vec::new() };
    let listed = block.lines().filter_map(|line| line.strip_prefix(" \"")?.split('"').next());
    listed.map(|entry| entry.split_once(' ').unwrap_or((entry, version(entry)))).collect()
}

/// Of a package that is there in one version; the lock file leaves that out where it is not needed.
fn version(package: &str) -> &'static str {
    let block = blocks().find(|block| field(block, "name") == Some(package));
    block.and_then(|block| field(block, "version")).unwrap_or("?")
}

fn blocks() -> impl Iterator<Item = &'static str> {
    LOCK.split("[[package]]")
}

fn field(block: &'static str, name: &str) -> Option<&'static str> {
    block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'))
}

/// The CPU, the target and the versions: the head of every report.
pub fn about() -> String {
    let versions = |package| {
        let peers = dependencies(package).into_iter().filter(|(name, _)| *name != "rustix");
        let all = peers.map(|(name, version)| format!("{name} {version}"));
        all.collect::<Vec<_>>().join(", ")
    };
    let inside = |package, of: &str| {
        let found = dependencies(package).into_iter().find(|(name, _)| *name == of);
        found.map_or("?", |(_, version)| version)
    };
    format!(
        "{}, {} threads, {}-{}.\nVersions: {}; inside autometrics prometheus-client {}, inside vise prometheus-client {}.",
        cpu(),
        threads(),
        std::env::consts::ARCH,
        std::env::consts::OS,
        versions("tallied-benches"),
        inside("autometrics", "prometheus-client"),
        inside("vise", "prometheus-client"),
    )
}

pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = |key: &str| {
        info.lines().find_map(|line| Some(line.strip_prefix(key)?.trim_start_matches(['\t', ' ', ':']).to_owned()))
    };
    // A virtual machine may say no more than the maker: the family and the model say the rest.
    match (named("model name"), named("cpu family"), named("model\t")) {
        (Some(name), Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        (Some(name), ..) => name,
        _ => "unknown CPU".to_owned(),
    }
}

/// A median, and how far the middle half of the numbers goes.
#[derive(Clone, Copy)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Spread {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |quarter: usize| sorted.get((sorted.len() - 1) * quarter / 4).copied().unwrap_or(f64::NAN);
        Spread { low: at(1), median: at(2), high: at(3) }
    }
}

/// A generator of numbers that look random and are the same in every run (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1, without 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A duration in seconds: each bucket of the standard ones is as likely as another, `+Inf` too.
    pub fn seconds(&mut self) -> f64 {
        let bounds = tallied::STANDARD_BUCKETS;
        let bucket = (self.next() % (bounds.len() as u64 + 1)) as usize;
        let low = if bucket == 0 { 0.0 } else { bounds[bucket - 1] };
        let high = bounds.get(bucket).copied().unwrap_or(600.0);
        low + (high - low) * self.fraction()
    }
}
