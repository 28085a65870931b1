//! The cipher-string language of `openssl-ciphers(1)`, and lists of TLS 1.3 suites.
//!
//! Rules work on the whole table as OpenSSL's do, so that effect and order are the same; only at the end are the
//! suites that cannot be negotiated here dropped.

use once_cell::sync::Lazy;

use super::cipher::{Auth, EXTRA, Enc, FIPS, HIGH, Kx, LOW, MEDIUM, Mac, MinVersion, Suite, by_standard_name};
use super::cipher_table::TLS12;

/// What `DEFAULT` at the front of a list stands for.
const DEFAULT_RULES: &[u8] = b"ALL:!COMPLEMENTOFDEFAULT:!eNULL";

/// What a cipher string asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CipherList {
    /// The supported suites of TLS 1.2, best first. May be empty.
    pub suites: Vec<&'static Suite>,
    /// The level of the last valid `@SECLEVEL`. It takes effect even when the list as a whole fails.
    pub security_level: Option<u8>,
    /// How many commands of the string could not be understood. Unless it is 0 the list must not be used.
    pub invalid_commands: u32,
    /// The Suite B mode that the string switches on.
    pub suite_b: Option<SuiteB>,
}

/// Suite B (RFC 6460): what a connection is restricted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuiteB {
    /// 128 bits, P-256 only.
    Only128,
    /// 128 bits, P-384 allowed too.
    From128,
    /// 192 bits, P-384 only.
    Only192,
}

impl CipherList {
    /// Reads a cipher string. `suite_b` is the mode that is on already; while one is on, it alone decides the list.
    pub fn parse(rules: &[u8], suite_b: Option<SuiteB>) -> CipherList {
        let (list, order) = evaluate(rules, suite_b);
        CipherList { suites: order.into_iter().filter(|suite| suite.supported()).collect(), ..list }
    }
}

/// The supported suites of `DEFAULT`.
pub fn default_suites() -> &'static [&'static Suite] {
    static SUITES: Lazy<Vec<&'static Suite>> = Lazy::new(|| CipherList::parse(b"DEFAULT", None).suites);
    &SUITES
}

/// The TLS 1.3 suites that are on unless a program chooses others, best first.
pub fn default_tls13_suites() -> &'static [&'static Suite] {
    static SUITES: Lazy<Vec<&'static Suite>> = Lazy::new(|| {
        parse_ciphersuites(b"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256")
            .unwrap_or_default()
    });
    &SUITES
}

/// Reads the list of `SSL_CTX_set_ciphersuites(3)`: names of RFCs between colons. The empty string is the empty
/// list; `None` means that nothing in it can be used here.
///
/// As in OpenSSL, unknown names are skipped, and a suite of TLS 1.2 may be named too.
pub fn parse_ciphersuites(list: &[u8]) -> Option<Vec<&'static Suite>> {
    let names = list.split(|&byte| byte == b':').map(<[u8]>::trim_ascii);
    let suites: Vec<_> = names.filter_map(by_standard_name).filter(|suite| suite.supported()).collect();
    (list.is_empty() || !suites.is_empty()).then_some(suites)
}

/// The list of `SSL_get_ciphers`: the TLS 1.3 suites go in front of the others, in place of those that were there.
pub fn with_tls13_suites(tls13: &[&'static Suite], list: &[&'static Suite]) -> Vec<&'static Suite> {
    let older = list.iter().skip_while(|suite| suite.is_tls13());
    tls13.iter().chain(older).copied().collect()
}

/// What a rule applies to: masks of properties, where 0 allows all.
#[derive(Debug, Clone, Copy, Default)]
struct Selector {
    kx: u32,
    auth: u32,
    enc: u32,
    mac: u32,
    strength: u32,
    extra: u32,
    min_version: Option<MinVersion>,
    id: Option<u16>,
}

impl Selector {
    fn matches(&self, suite: &Suite) -> bool {
        let allows = |mask: u32, bits: u32| mask == 0 || mask & bits != 0;
        self.id.is_none_or(|id| id == suite.id)
            && allows(self.kx, suite.kx.bit())
            && allows(self.auth, suite.auth.bit())
            && allows(self.enc, suite.enc.bit())
            && allows(self.mac, suite.mac.bit())
            && allows(self.strength, suite.marks)
            && allows(self.extra, suite.marks)
            && self.min_version.is_none_or(|min| min == suite.min_version)
    }

    /// The selection of exactly one suite. The protocol version is left open: it would conflict with `TLSv1.2+NAME`.
    fn suite(suite: &Suite) -> Selector {
        Selector {
            kx: suite.kx.bit(),
            auth: suite.auth.bit(),
            enc: suite.enc.bit(),
            mac: suite.mac.bit(),
            strength: suite.marks & !EXTRA,
            extra: suite.marks & EXTRA,
            min_version: None,
            id: Some(suite.id),
        }
    }

    /// What both selections have in common (`A+B`); `None` when one property rules the other out.
    fn and(self, other: Selector) -> Option<Selector> {
        let min_version = match (self.min_version, other.min_version) {
            (Some(a), Some(b)) if a != b => return None,
            (a, b) => a.or(b),
        };
        // In OpenSSL the first word with a strength overwrites what `COMPLEMENTOFDEFAULT` before it has asked for.
        let extra = if self.strength == 0 && other.strength != 0 { 0 } else { self.extra };
        Some(Selector {
            kx: common(self.kx, other.kx)?,
            auth: common(self.auth, other.auth)?,
            enc: common(self.enc, other.enc)?,
            mac: common(self.mac, other.mac)?,
            strength: common(self.strength, other.strength)?,
            extra: common(extra, other.extra)?,
            min_version,
            // Of two names the later counts; unlike suites conflict in some other property, or OpenSSL takes the later.
            id: other.id.or(self.id),
        })
    }

    /// What a word of the language selects. Names of RFCs are unknown words here (OpenSSL 3.0 ignores them too).
    fn named(word: &[u8]) -> Option<Selector> {
        let suite = TLS12.iter().find(|suite| suite.listed() && suite.name.to_bytes() == word);
        suite.map(Selector::suite).or_else(|| alias(word))
    }
}

/// The bits two masks share, where 0 allows all; `None` when they share none.
fn common(a: u32, b: u32) -> Option<u32> {
    match (a, b) {
        (0, mask) | (mask, 0) => Some(mask),
        (a, b) => Some(a & b).filter(|&both| both != 0),
    }
}

const AES128: u32 = Enc::Aes128Cbc.bit() | Enc::Aes128Gcm.bit() | Enc::Aes128Ccm.bit() | Enc::Aes128Ccm8.bit();
const AES256: u32 = Enc::Aes256Cbc.bit() | Enc::Aes256Gcm.bit() | Enc::Aes256Ccm.bit() | Enc::Aes256Ccm8.bit();
const AESGCM: u32 = Enc::Aes128Gcm.bit() | Enc::Aes256Gcm.bit();
const AESCCM8: u32 = Enc::Aes128Ccm8.bit() | Enc::Aes256Ccm8.bit();
const AESCCM: u32 = Enc::Aes128Ccm.bit() | Enc::Aes256Ccm.bit() | AESCCM8;
const CAMELLIA: u32 = Enc::Camellia128Cbc.bit() | Enc::Camellia256Cbc.bit();
const ARIA: u32 = Enc::Aria128Gcm.bit() | Enc::Aria256Gcm.bit();
const CBC: u32 = Enc::Aes128Cbc.bit() | Enc::Aes256Cbc.bit() | CAMELLIA | Enc::Idea.bit() | Enc::Seed.bit();
const ANY_PSK: u32 = Kx::Psk.bit() | Kx::RsaPsk.bit() | Kx::DhePsk.bit() | Kx::EcdhePsk.bit();
const AUTHENTICATED: u32 = !Auth::Null.bit();

/// What an alias selects. Aliases of suites that are never listed (GOST, 3DES, SEED, ...) are unknown words, as in an
/// OpenSSL that was built without them.
fn alias(word: &[u8]) -> Option<Selector> {
    let kx = |kx| Selector { kx, ..Selector::default() };
    let auth = |auth: Auth| Selector { auth: auth.bit(), ..Selector::default() };
    let kx_auth = |kx: Kx, auth| Selector { kx: kx.bit(), auth, ..Selector::default() };
    let enc = |enc| Selector { enc, ..Selector::default() };
    let mac = |mac: Mac| Selector { mac: mac.bit(), ..Selector::default() };
    let strength = |strength| Selector { strength, ..Selector::default() };
    let since = |min| Selector { min_version: Some(min), ..Selector::default() };
    Some(match word {
        b"ALL" => enc(!Enc::Null.bit()),
        b"COMPLEMENTOFALL" | b"eNULL" | b"NULL" => enc(Enc::Null.bit()),
        b"COMPLEMENTOFDEFAULT" => Selector { extra: EXTRA, ..Selector::default() },
        b"kRSA" => kx(Kx::Rsa.bit()),
        b"kEDH" | b"kDHE" | b"DH" => kx(Kx::Dhe.bit()),
        b"kEECDH" | b"kECDHE" | b"ECDH" => kx(Kx::Ecdhe.bit()),
        b"kPSK" => kx(Kx::Psk.bit()),
        b"kRSAPSK" => kx(Kx::RsaPsk.bit()),
        b"kECDHEPSK" => kx(Kx::EcdhePsk.bit()),
        b"kDHEPSK" => kx(Kx::DhePsk.bit()),
        b"kSRP" | b"SRP" => kx(Kx::Srp.bit()),
        b"PSK" => kx(ANY_PSK),
        b"aRSA" => auth(Auth::Rsa),
        b"aDSS" | b"DSS" => auth(Auth::Dss),
        b"aNULL" => auth(Auth::Null),
        b"aECDSA" | b"ECDSA" => auth(Auth::Ecdsa),
        b"aPSK" => auth(Auth::Psk),
        b"aSRP" => auth(Auth::Srp),
        b"EDH" | b"DHE" => kx_auth(Kx::Dhe, AUTHENTICATED),
        b"EECDH" | b"ECDHE" => kx_auth(Kx::Ecdhe, AUTHENTICATED),
        b"RSA" => kx_auth(Kx::Rsa, Auth::Rsa.bit()),
        b"ADH" => kx_auth(Kx::Dhe, Auth::Null.bit()),
        b"AECDH" => kx_auth(Kx::Ecdhe, Auth::Null.bit()),
        b"AES128" => enc(AES128),
        b"AES256" => enc(AES256),
        b"AES" => enc(AES128 | AES256),
        b"AESGCM" => enc(AESGCM),
        b"AESCCM" => enc(AESCCM),
        b"AESCCM8" => enc(AESCCM8),
        b"CAMELLIA128" => enc(Enc::Camellia128Cbc.bit()),
        b"CAMELLIA256" => enc(Enc::Camellia256Cbc.bit()),
        b"CAMELLIA" => enc(CAMELLIA),
        b"CHACHA20" => enc(Enc::ChaCha20Poly1305.bit()),
        b"ARIA" | b"ARIAGCM" => enc(ARIA),
        b"ARIA128" => enc(Enc::Aria128Gcm.bit()),
        b"ARIA256" => enc(Enc::Aria256Gcm.bit()),
        b"CBC" => enc(CBC),
        b"MD5" => mac(Mac::Md5),
        b"SHA1" | b"SHA" => mac(Mac::Sha1),
        b"SHA256" => mac(Mac::Sha256),
        b"SHA384" => mac(Mac::Sha384),
        b"SSLv3" => since(MinVersion::Ssl3),
        b"TLSv1" | b"TLSv1.0" => since(MinVersion::Tls10),
        b"TLSv1.2" => since(MinVersion::Tls12),
        b"LOW" => strength(LOW),
        b"MEDIUM" => strength(MEDIUM),
        b"HIGH" => strength(HIGH),
        b"FIPS" => strength(FIPS),
        _ => return None,
    })
}

/// What a rule does to the suites it selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// Puts those that are not in the list at its end.
    Add,
    /// Takes them out; a later `Add` may bring them back.
    Remove,
    /// Takes them out for good (`!`).
    Forbid,
    /// Moves those in the list to its end (`+`).
    MoveLast,
    /// Moves those in the list to its front.
    MoveFirst,
}

/// The list under construction: every suite not forbidden, in order, and whether it is in.
struct Order {
    entries: Vec<(&'static Suite, bool)>,
}

impl Order {
    /// The order before any rule of the program: what OpenSSL likes best first, all of it out.
    fn initial() -> Order {
        static ORDER: Lazy<Vec<&'static Suite>> = Lazy::new(|| {
            let mut order = Order {
                entries: TLS12.iter().rev().filter(|suite| suite.listed()).map(|suite| (suite, false)).collect(),
            };
            order.rank();
            order.entries.into_iter().map(|(suite, _)| suite).collect()
        });
        Order { entries: ORDER.iter().map(|&suite| (suite, false)).collect() }
    }

    /// Sorts the whole table by preference.
    fn rank(&mut self) {
        use Action::{Add, MoveFirst, MoveLast, Remove};
        let any = Selector::default;
        let ecdhe = Selector { kx: Kx::Ecdhe.bit(), ..any() };
        let forward_secret = Selector { kx: Kx::Dhe.bit() | Kx::Ecdhe.bit(), ..any() };
        let aead = Mac::Aead.bit();
        // ECDHE before all else, with ECDSA first; the second rule takes everything out again but keeps that order.
        self.apply(Add, |s| Selector { auth: Auth::Ecdsa.bit(), ..ecdhe }.matches(s));
        self.apply(Add, |s| ecdhe.matches(s));
        self.apply(Remove, |s| ecdhe.matches(s));
        // Among equally strong ones: AES-GCM, then ChaCha20, then other AES, then the rest.
        for enc in [AESGCM, Enc::ChaCha20Poly1305.bit(), (AES128 | AES256) & !AESGCM, 0] {
            self.apply(Add, |s| Selector { enc, ..any() }.matches(s));
        }
        // Disliked ones last: MD5, anonymous, no forward secrecy.
        self.apply(MoveLast, |s| s.mac == Mac::Md5);
        self.apply(MoveLast, |s| s.auth == Auth::Null);
        self.apply(MoveLast, |s| s.kx == Kx::Rsa);
        self.apply(MoveLast, |s| s.kx == Kx::Psk);
        self.sort_by_strength();
        // These override strength, the last one most.
        self.apply(MoveFirst, |s| s.min_version == MinVersion::Tls12);
        self.apply(MoveFirst, |s| Selector { mac: aead, ..any() }.matches(s));
        self.apply(MoveFirst, |s| forward_secret.matches(s));
        self.apply(MoveFirst, |s| Selector { mac: aead, ..forward_secret }.matches(s));
        self.apply(Remove, |_| true);
    }

    /// Applies one rule. The suites it moves keep their order among each other.
    fn apply(&mut self, action: Action, selects: impl Fn(&Suite) -> bool) {
        let concerned = |&(suite, listed): &(&'static Suite, bool)| {
            let applicable = match action {
                Action::Add => !listed,
                Action::Forbid => true,
                Action::Remove | Action::MoveLast | Action::MoveFirst => listed,
            };
            applicable && selects(suite)
        };
        let (mut moved, mut kept): (Vec<_>, Vec<_>) = self.entries.drain(..).partition(concerned);
        moved.iter_mut().for_each(|entry| entry.1 = action != Action::Remove);
        self.entries = match action {
            Action::Forbid => kept,
            Action::Add | Action::MoveLast => {
                kept.append(&mut moved);
                kept
            }
            // Removed suites go to the front, so that a later `Add` of several puts the last removed first.
            Action::Remove | Action::MoveFirst => {
                moved.append(&mut kept);
                moved
            }
        };
    }

    /// `@STRENGTH`: moves the listed suites to the end, those with the longest keys first.
    fn sort_by_strength(&mut self) {
        for bits in [256, 128, 0] {
            self.apply(Action::MoveLast, |suite| suite.enc.bits() == bits);
        }
    }

    fn into_list(self) -> Vec<&'static Suite> {
        self.entries.into_iter().filter(|&(_, listed)| listed).map(|(suite, _)| suite).collect()
    }
}

/// Runs a cipher string on the whole table; the order returned holds unsupported suites too.
fn evaluate(rules: &[u8], suite_b: Option<SuiteB>) -> (CipherList, Vec<&'static Suite>) {
    let mut order = Order::initial();
    let mut list = CipherList::default();
    let rules = match suite_b_rules(rules, suite_b, &mut list) {
        Some(fixed) => fixed,
        None => rules,
    };
    match rules.strip_prefix(b"DEFAULT") {
        Some(rest) => {
            run(DEFAULT_RULES, &mut order, &mut list);
            run(rest.strip_prefix(b":").unwrap_or(rest), &mut order, &mut list);
        }
        None => run(rules, &mut order, &mut list),
    }
    (list, order.into_list())
}

/// The fixed list of a Suite B mode, if the string switches one on or `active` is.
fn suite_b_rules(rules: &[u8], active: Option<SuiteB>, list: &mut CipherList) -> Option<&'static [u8]> {
    let (asked, combination2) = if rules.starts_with(b"SUITEB128ONLY") {
        (Some(SuiteB::Only128), false)
    } else if rules.starts_with(b"SUITEB128C2") {
        (Some(SuiteB::From128), true)
    } else if rules.starts_with(b"SUITEB128") {
        (Some(SuiteB::From128), false)
    } else if rules.starts_with(b"SUITEB192") {
        (Some(SuiteB::Only192), false)
    } else {
        (None, false)
    };
    list.suite_b = asked;
    Some(match asked.or(active)? {
        SuiteB::Only128 => b"ECDHE-ECDSA-AES128-GCM-SHA256",
        SuiteB::From128 if combination2 => b"ECDHE-ECDSA-AES256-GCM-SHA384",
        SuiteB::From128 => b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384",
        SuiteB::Only192 => b"ECDHE-ECDSA-AES256-GCM-SHA384",
    })
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b':' | b' ' | b';' | b',')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=')
}

/// Splits after the longest prefix of bytes that `accept` takes.
fn split_while(bytes: &[u8], accept: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&byte| !accept(byte)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

/// Applies the rules of a string one after the other. A command that is not understood is counted, the rest still runs.
fn run(mut rules: &[u8], order: &mut Order, list: &mut CipherList) {
    while let Some((&first, rest)) = rules.split_first() {
        if is_separator(first) {
            rules = rest;
            continue;
        }
        let after = match first {
            b'@' => special(rest, order, list),
            b'-' => ordinary(rest, Action::Remove, order, list),
            b'+' => ordinary(rest, Action::MoveLast, order, list),
            b'!' => ordinary(rest, Action::Forbid, order, list),
            _ => ordinary(rules, Action::Add, order, list),
        };
        rules = after;
    }
}

/// `@STRENGTH` and `@SECLEVEL=n`; `rules` starts after the `@`. Returns the rules after the command.
fn special<'a>(rules: &'a [u8], order: &mut Order, list: &mut CipherList) -> &'a [u8] {
    let (word, rest) = split_while(rules, is_word);
    match (word, word.strip_prefix(b"SECLEVEL=")) {
        (b"STRENGTH", _) => order.sort_by_strength(),
        (_, Some(&[digit @ b'0'..=b'5'])) => list.security_level = Some(digit - b'0'),
        _ => list.invalid_commands += 1,
    }
    // An empty word has an offending byte behind it, which is passed over even if it is a separator.
    let rest = if word.is_empty() { rest.get(1..).unwrap_or_default() } else { rest };
    split_while(rest, |byte| !is_separator(byte)).1
}

/// A rule of one word or several joined by `+`. Returns the rules after it.
fn ordinary<'a>(mut rules: &'a [u8], action: Action, order: &mut Order, list: &mut CipherList) -> &'a [u8] {
    let mut selector = Some(Selector::default());
    while let Some(so_far) = selector {
        let (word, rest) = split_while(rules, is_word);
        if word.is_empty() {
            list.invalid_commands += 1;
            rules = rest.get(1..).unwrap_or_default();
            selector = None;
            break;
        }
        selector = Selector::named(word).and_then(|named| so_far.and(named));
        match rest.split_first() {
            Some((b'+', more)) => rules = more,
            _ => {
                rules = rest;
                break;
            }
        }
    }
    match selector {
        Some(selector) => {
            order.apply(action, |suite| selector.matches(suite));
            rules
        }
        None => split_while(rules, |byte| !is_separator(byte)).1,
    }
}

#[cfg(test)]
#[path = "cipher_list_tests.rs"]
mod tests;
