//! Compares cipher strings with the system's `openssl ciphers`.

#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use super::*;
use std::process::Command;

/// The names that the system's OpenSSL lists for `rules`, empty when it refuses them; `None` without an `openssl`.
fn reference(rules: &[u8]) -> Option<Vec<String>> {
    let mut rules = String::from_utf8(rules.to_vec()).unwrap();
    // The program takes a leading minus for an option.
    if rules.starts_with('-') {
        rules.insert(0, ':');
    }
    let output = Command::new("openssl")
        .args(["ciphers", "-ciphersuites", "", &rules])
        .env_remove("LD_PRELOAD")
        .env_remove("LD_LIBRARY_PATH")
        .env("OPENSSL_CONF", "/dev/null")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.trim().split(':').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn reference_is_comparable() -> bool {
    let version =
        Command::new("openssl").arg("version").env_remove("LD_LIBRARY_PATH").env_remove("LD_PRELOAD").output();
    version.is_ok_and(|output| output.stdout.starts_with(b"OpenSSL 3.0."))
}

fn names(rules: &[u8]) -> Vec<String> {
    let (list, order) = evaluate(rules, None);
    if list.invalid_commands > 0 {
        return Vec::new();
    }
    order.iter().map(|suite| suite.name.to_str().unwrap().to_owned()).collect()
}

/// A small generator of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const WORDS: &[&str] = &[
    "ALL",
    "COMPLEMENTOFALL",
    "COMPLEMENTOFDEFAULT",
    "HIGH",
    "MEDIUM",
    "LOW",
    "FIPS",
    "eNULL",
    "NULL",
    "aNULL",
    "kRSA",
    "RSA",
    "aRSA",
    "kEDH",
    "kDHE",
    "DH",
    "DHE",
    "EDH",
    "kEECDH",
    "kECDHE",
    "ECDH",
    "ECDHE",
    "EECDH",
    "AECDH",
    "ADH",
    "kPSK",
    "kRSAPSK",
    "kECDHEPSK",
    "kDHEPSK",
    "PSK",
    "aPSK",
    "SRP",
    "kSRP",
    "aSRP",
    "aDSS",
    "DSS",
    "aECDSA",
    "ECDSA",
    "AES",
    "AES128",
    "AES256",
    "AESGCM",
    "AESCCM",
    "AESCCM8",
    "CAMELLIA",
    "CAMELLIA128",
    "CAMELLIA256",
    "CHACHA20",
    "ARIA",
    "ARIAGCM",
    "ARIA128",
    "ARIA256",
    "CBC",
    "MD5",
    "SHA",
    "SHA1",
    "SHA256",
    "SHA384",
    "SSLv3",
    "TLSv1",
    "TLSv1.0",
    "TLSv1.2",
    "DEFAULT",
    "UNKNOWN",
    "EXPORT",
    "3DES",
    "RC4",
    "GOST",
    "kGOST",
    "SEED",
    "IDEA",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "AES128-SHA",
    "DHE-RSA-AES256-SHA256",
    "TLS_AES_128_GCM_SHA256",
    "NULL-SHA256",
];

fn random_rules(numbers: &mut Numbers) -> String {
    let mut rules = String::new();
    if numbers.below(4) == 0 {
        rules.push_str(numbers.pick(&["DEFAULT:", "DEFAULT", "DEFAULT ", "ALL:", "HIGH;", "SUITEB128", "SUITEB192:"]));
    }
    for _ in 0..=numbers.below(6) {
        rules.push_str(numbers.pick(&["", "", "", "", "!", "-", "+", "-"]));
        rules.push_str(numbers.pick(WORDS));
        while numbers.below(3) == 0 {
            rules.push('+');
            rules.push_str(numbers.pick(WORDS));
        }
        rules.push_str(numbers.pick(&[":", ":", ":", ",", " ", ";", "::", ":@STRENGTH:", ":@SECLEVEL=1:"]));
    }
    rules
}

#[test]
fn lists_equal_the_systems() {
    if !reference_is_comparable() {
        eprintln!("skipped: no `openssl` of version 3.0 to compare with");
        return;
    }
    let mut numbers = Numbers(2026);
    let mut strings: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
    strings.extend(WORDS.iter().map(|word| format!("ALL:COMPLEMENTOFALL:-{word}:+AES:{word}")));
    strings.extend((0..400).map(|_| random_rules(&mut numbers)));
    for fixed in [
        "",
        ":",
        "@STRENGTH",
        "ALL:@STRENGTH+x",
        "ALL:@SECLEVEL=6",
        "ALL:)",
        "ALL+:RSA",
        "SUITEB128ONLY",
        "SUITEB128C2:x",
        "=ALL",
    ] {
        strings.push(fixed.to_owned());
    }
    for rules in &strings {
        assert_eq!(Some(names(rules.as_bytes())), reference(rules.as_bytes()), "{rules}");
    }
}

#[test]
fn only_supported_suites_come_out() {
    let ids = |rules: &[u8]| CipherList::parse(rules, None).suites.iter().map(|suite| suite.id).collect::<Vec<_>>();
    assert_eq!(ids(b"DEFAULT"), [0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc02b, 0xc02f]);
    assert_eq!(ids(b"AES128:@STRENGTH:AES256"), [0xc02b, 0xc02f, 0xc02c, 0xc030]);
    assert_eq!(ids(b"kRSA:DHE:AES128-SHA"), []);
    assert_eq!(ids(b"ECDHE-RSA-AES128-GCM-SHA256,unknown"), [0xc02f]);
    assert_eq!(default_suites().len(), 6);
    assert_eq!(default_tls13_suites().iter().map(|suite| suite.id).collect::<Vec<_>>(), [0x1302, 0x1303, 0x1301]);
}

#[test]
fn commands() {
    let parse = |rules: &[u8]| CipherList::parse(rules, None);
    assert_eq!(parse(b"DEFAULT@SECLEVEL=1").security_level, Some(1));
    assert_eq!(parse(b"ALL:@SECLEVEL=3:@SECLEVEL=0").security_level, Some(0));
    let bad = parse(b"@SECLEVEL=9:ALL:@FOO:@SECLEVEL=4");
    assert_eq!((bad.invalid_commands, bad.security_level), (2, Some(4)));
    assert_eq!(parse(b"ALL:@").invalid_commands, 1);
    assert_eq!(parse(b"SUITEB128C2").suite_b, Some(SuiteB::From128));
    let active = CipherList::parse(b"ALL", Some(SuiteB::Only192));
    assert_eq!((active.suites.len(), active.suite_b), (1, None));
}

#[test]
fn tls13_lists() {
    let ids =
        |list: &[u8]| parse_ciphersuites(list).map(|suites| suites.iter().map(|suite| suite.id).collect::<Vec<_>>());
    assert_eq!(ids(b""), Some(vec![]));
    assert_eq!(ids(b"FOO"), None);
    assert_eq!(ids(b":"), None);
    assert_eq!(ids(b" TLS_AES_128_GCM_SHA256 :FOO: TLS_AES_256_GCM_SHA384"), Some(vec![0x1301, 0x1302]));
    assert_eq!(ids(b"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"), Some(vec![0xc030]));
    assert_eq!(ids(b"TLS_AES_128_CCM_SHA256"), None, "known, but not to be had here");
    let merged = with_tls13_suites(&parse_ciphersuites(b"TLS_AES_128_GCM_SHA256").unwrap(), default_tls13_suites());
    assert_eq!(merged.iter().map(|suite| suite.id).collect::<Vec<_>>(), [0x1301]);
}
