//! `SSL_CONF_cmd(3)`: settings as text, from command lines and configuration files.

use super::ca_list::{SSL_CTX_set0_CA_list, SSL_set0_CA_list};
use super::conf_command::{self, Effect};
use super::conf_file;
use super::config::Config;
use super::connection::Connection;
use super::context::Context;
use super::error::{Error, MALLOC_FAILURE, PASSED_NULL_PARAMETER, guard};
use super::holder::Holder;
use super::method::Side;
use super::reason;
use super::types::{SSL, SSL_CONF_CTX, SSL_CTX};
use crate::libcrypto::names::NameStack;
use crate::libcrypto::sys;
use crate::seam::{Failure, Handle, Owned, Owning, arg};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int, c_uint};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Weak};

/// `SSL_CONF_FLAG_*` bits.
pub(crate) mod flag {
    pub(crate) const CMDLINE: u32 = 0x1;
    pub(crate) const FILE: u32 = 0x2;
    pub(crate) const CLIENT: u32 = 0x4;
    pub(crate) const SERVER: u32 = 0x8;
    pub(crate) const SHOW_ERRORS: u32 = 0x10;
    pub(crate) const CERTIFICATE: u32 = 0x20;
    pub(crate) const REQUIRE_PRIVATE: u32 = 0x40;
}

impl Owned for ConfContext {
    fn owners(&self) -> &AtomicUsize {
        &self.owners
    }
}

impl Handle for SSL_CONF_CTX {
    type Inner = ConfContext;
}

/// The object behind an `SSL_CONF_CTX *`.
#[derive(Default)]
pub struct ConfContext {
    owners: AtomicUsize,
    state: Mutex<State>,
    /// Names of issuers collected so far.
    names: Mutex<Option<NameStack>>,
}

#[derive(Clone, Default)]
struct State {
    flags: u32,
    prefix: Option<Vec<u8>>,
    target: Target,
    /// Files of certificates by slot, which may hold the private keys too.
    files: BTreeMap<usize, CString>,
}

/// What commands work on. A pointer that the program has freed meanwhile counts as none.
#[derive(Clone, Default)]
enum Target {
    #[default]
    None,
    Context(Weak<Context>),
    Connection(Weak<Connection>),
}

/// What one command works on, alive for its length.
pub(crate) enum Object {
    /// Nothing: values are only checked.
    None,
    Context(Arc<Context>),
    Connection(Arc<Connection>),
}

impl Object {
    /// Changes the object's settings; `None` when there is none.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Config) -> T) -> Option<T> {
        match self {
            Object::None => None,
            Object::Context(context) => Some(context.change(change)),
            Object::Connection(ssl) => Some(ssl.change(change)),
        }
    }

    /// Sends these names of issuers from now on.
    fn set_ca_list(&self, names: NameStack) {
        match self {
            Object::None => {}
            // SAFETY: a live handle, and a stack that is given up.
            Object::Context(context) => unsafe { SSL_CTX_set0_CA_list(SSL_CTX::peek(context), names.into_raw()) },
            // SAFETY: as above.
            Object::Connection(ssl) => unsafe { SSL_set0_CA_list(ssl.as_ptr(), names.into_raw()) },
        }
    }

    /// Calls one of two exported functions that return 1 on success and queue their own errors.
    pub(crate) fn call<A>(
        &self,
        argument: A,
        on_context: unsafe extern "C" fn(*mut SSL_CTX, A) -> c_int,
        on_connection: unsafe extern "C" fn(*mut SSL, A) -> c_int,
    ) -> Result<(), Error> {
        let result = match self {
            Object::None => 1,
            // SAFETY: a live handle; the argument is one that the function takes, by the caller.
            Object::Context(context) => unsafe { on_context(SSL_CTX::peek(context), argument) },
            // SAFETY: as above.
            Object::Connection(ssl) => unsafe { on_connection(ssl.as_ptr(), argument) },
        };
        if result > 0 { Ok(()) } else { Err(Error::Silent) }
    }
}

/// A command as it is run.
pub(crate) struct Run<'a> {
    /// Where it was given.
    pub(crate) conf: &'a ConfContext,
    /// `SSL_CONF_FLAG_*` bits.
    pub(crate) flags: u32,
    /// What it works on.
    pub(crate) object: Object,
}

/// What `SSL_CONF_cmd` answers.
mod answer {
    use std::ffi::c_int;
    pub(super) const USED_VALUE: c_int = 2;
    pub(super) const USED_NO_VALUE: c_int = 1;
    pub(super) const FAILED: c_int = 0;
    pub(super) const UNKNOWN: c_int = -2;
    pub(super) const VALUE_MISSING: c_int = -3;
}

impl State {
    /// The command's name without what must stand before it; `None` when that is missing.
    fn without_prefix<'a>(&self, command: &'a [u8]) -> Option<&'a [u8]> {
        match &self.prefix {
            Some(prefix) => {
                let (head, name) = command.split_at_checked(prefix.len())?;
                let exact = self.flags & flag::CMDLINE == 0 || head == prefix;
                let similar = self.flags & flag::FILE == 0 || head.eq_ignore_ascii_case(prefix);
                (exact && similar && !name.is_empty()).then_some(name)
            }
            None if self.flags & flag::CMDLINE != 0 => command.strip_prefix(b"-").filter(|name| !name.is_empty()),
            None => Some(command).filter(|name| !name.is_empty()),
        }
    }

    fn object(&self) -> Object {
        match &self.target {
            Target::None => Object::None,
            Target::Context(context) => context.upgrade().map_or(Object::None, Object::Context),
            Target::Connection(ssl) => ssl.upgrade().map_or(Object::None, Object::Connection),
        }
    }

    fn complain(&self, reason: c_int, text: impl FnOnce() -> String) {
        if self.flags & flag::SHOW_ERRORS != 0 {
            Error::SslData(reason, text()).report();
        }
    }
}

impl ConfContext {
    /// Runs a command with nothing locked: what it calls may call the program back.
    fn run(&self, command: &CStr, value: Option<&CStr>) -> c_int {
        let state = self.state.lock().clone();
        let name = state.without_prefix(command.to_bytes());
        let shown = String::from_utf8_lossy(name.unwrap_or(command.to_bytes()));
        let Some(found) = name.and_then(|name| conf_command::find(state.flags, name)) else {
            state.complain(reason::UNKNOWN_CMD_NAME, || format!("cmd={shown}"));
            return answer::UNKNOWN;
        };
        let run = Run { conf: self, flags: state.flags, object: state.object() };
        let failure = match (&found.effect, value) {
            (Effect::Switch(bits), _) => {
                run.object.change(|config| bits.apply(config, true));
                return answer::USED_NO_VALUE;
            }
            (Effect::Value(..), None) => answer::VALUE_MISSING,
            (Effect::Value(_, set), Some(value)) => match set(&run, value) {
                Ok(()) => return answer::USED_VALUE,
                Err(error) => {
                    error.report();
                    answer::FAILED
                }
            },
        };
        state.complain(reason::BAD_VALUE, || {
            let value = value.map_or("<EMPTY>".into(), CStr::to_string_lossy);
            format!("cmd={shown}, value={value}")
        });
        failure
    }

    /// Ends a row of commands.
    fn finish(&self) -> Result<(), Error> {
        let state = self.state.lock().clone();
        let run = Run { conf: self, flags: state.flags, object: state.object() };
        conf_file::missing_keys(&run)?;
        if let Some(names) = self.names.lock().take() {
            run.object.set_ca_list(names);
        }
        Ok(())
    }

    /// Lets `add` work on the names collected so far, with nothing locked.
    pub(crate) fn collect_names(&self, add: impl FnOnce(&NameStack) -> Result<(), Error>) -> Result<(), Error> {
        let kept = self.names.lock().take();
        let names = kept.or_else(NameStack::new).ok_or(Error::Ssl(MALLOC_FAILURE))?;
        let added = add(&names);
        *self.names.lock() = Some(names);
        added
    }

    /// Notes the file that a certificate slot was filled from.
    pub(crate) fn remember_file(&self, slot: usize, file: &CStr) {
        self.edit(|state| state.files.insert(slot, file.to_owned()));
    }

    /// The files noted, by slot.
    pub(crate) fn remembered_files(&self) -> BTreeMap<usize, CString> {
        self.state.lock().files.clone()
    }

    fn edit<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock())
    }
}

/// # Safety
/// `cctx` is null or a live handle.
unsafe fn share(cctx: *const SSL_CONF_CTX) -> Result<Arc<ConfContext>, Error> {
    // SAFETY: null or a live handle, by the caller.
    unsafe { SSL_CONF_CTX::share(cctx) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))
}

/// `SSL_CONF_CTX_new(3)`: makes an object that runs configuration commands.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CONF_CTX_new() -> *mut SSL_CONF_CTX {
    guard(std::ptr::null_mut(), || Ok(SSL_CONF_CTX::give(Owning::new(Arc::default()))))
}

/// `SSL_CONF_CTX_free(3)`: frees it; null is allowed.
///
/// Status: full.
///
/// # Safety
/// `cctx` is null or a live handle, not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_CTX_free(cctx: *mut SSL_CONF_CTX) {
    guard((), || {
        // SAFETY: null or a live handle that is given up, by the manual.
        drop(unsafe { SSL_CONF_CTX::take(cctx) });
        Ok(())
    });
}

/// `SSL_CONF_CTX_set_flags(3)`: adds `SSL_CONF_FLAG_*` bits; returns all that are set.
///
/// Status: full.
///
/// # Safety
/// `cctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_CTX_set_flags(cctx: *mut SSL_CONF_CTX, flags: c_uint) -> c_uint {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let conf = unsafe { share(cctx) }?;
        Ok(conf.edit(|state| {
            state.flags |= flags;
            state.flags
        }))
    })
}

/// `SSL_CONF_CTX_clear_flags(3)`: takes `SSL_CONF_FLAG_*` bits away; returns those left.
///
/// Status: full.
///
/// # Safety
/// `cctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_CTX_clear_flags(cctx: *mut SSL_CONF_CTX, flags: c_uint) -> c_uint {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let conf = unsafe { share(cctx) }?;
        Ok(conf.edit(|state| {
            state.flags &= !flags;
            state.flags
        }))
    })
}

/// `SSL_CONF_CTX_set1_prefix(3)`: sets what every command's name must begin with, null for nothing; returns 1. Files
/// compare it without regard to case.
///
/// Status: full.
///
/// # Safety
/// `cctx` is null or a live handle; `prefix` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_CTX_set1_prefix(cctx: *mut SSL_CONF_CTX, prefix: *const c_char) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let conf = unsafe { share(cctx) }?;
        // SAFETY: null or a C string, by the manual.
        let prefix = unsafe { arg::c_str(prefix) }.map(|prefix| prefix.to_bytes().to_vec());
        conf.edit(|state| state.prefix = prefix);
        Ok(1)
    })
}

/// `SSL_CONF_CTX_set_ssl_ctx(3)`: sets the context that commands change, null for none: then values are only checked.
///
/// Status: full.
///
/// # Safety
/// `cctx` is null or a live handle, and so is `ctx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_CTX_set_ssl_ctx(cctx: *mut SSL_CONF_CTX, ctx: *mut SSL_CTX) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let conf = unsafe { share(cctx) }?;
        // SAFETY: as above.
        let context = unsafe { SSL_CTX::share(ctx) };
        conf.edit(|state| {
            state.target = context.map_or(Target::None, |context| Target::Context(Arc::downgrade(&context)))
        });
        Ok(())
    });
}

/// `SSL_CONF_CTX_set_ssl(3)`: sets the connection that commands change, null for none: then values are only checked.
///
/// Status: full.
///
/// # Safety
/// `cctx` is null or a live handle, and so is `ssl`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_CTX_set_ssl(cctx: *mut SSL_CONF_CTX, ssl: *mut SSL) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let conf = unsafe { share(cctx) }?;
        // SAFETY: as above.
        let ssl = unsafe { SSL::share(ssl) };
        conf.edit(|state| state.target = ssl.map_or(Target::None, |ssl| Target::Connection(Arc::downgrade(&ssl))));
        Ok(())
    });
}

/// `SSL_CONF_CTX_set_flags(3)`: ends a row of commands; returns 1, or 0 on an error.
///
/// Status: full.
///
/// # Safety
/// `cctx` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_CTX_finish(cctx: *mut SSL_CONF_CTX) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        unsafe { share(cctx) }?.finish().map(|()| 1)
    })
}

/// `SSL_CONF_cmd(3)`: runs a command. 2: done with its value; 1: done, it takes no value; 0: the value is bad or an
/// error came up; -2: unknown; -3: the value is missing.
///
/// Status: full.
///
/// # Safety
/// `cctx` is null or a live handle; `cmd` and `value` are null or C strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_cmd(cctx: *mut SSL_CONF_CTX, cmd: *const c_char, value: *const c_char) -> c_int {
    guard(answer::FAILED, || {
        // SAFETY: null or a C string, by the manual.
        let command = unsafe { arg::c_str(cmd) }.ok_or(Error::Ssl(reason::INVALID_NULL_CMD_NAME))?;
        // SAFETY: as above.
        let value = unsafe { arg::c_str(value) };
        // SAFETY: null or a live handle, by the manual.
        Ok(unsafe { share(cctx) }?.run(command, value))
    })
}

/// `SSL_CONF_cmd_argv(3)`: runs the command at the front of a list of arguments and takes what it used off the list;
/// returns how many arguments that is, 0 when the first is no command, below 0 on an error.
///
/// Status: full.
///
/// # Safety
/// `cctx` is null or a live handle; `pargc` is null or says how many arguments `*pargv` has; without it the list ends
/// with a null pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_cmd_argv(
    cctx: *mut SSL_CONF_CTX,
    pargc: *mut c_int,
    pargv: *mut *mut *mut c_char,
) -> c_int {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let conf = unsafe { share(cctx) }?;
        // SAFETY: null or readable, by the manual.
        let count = unsafe { pargc.as_ref() }.copied();
        // SAFETY: as above.
        let arguments = *unsafe { pargv.as_ref() }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        if count.is_some_and(|count| count <= 0) || arguments.is_null() {
            return Ok(0);
        }
        // SAFETY: the list has at least one argument, or ends with null, by the manual.
        let Some(command) = (unsafe { arg::c_str(*arguments) }) else { return Ok(0) };
        let value = match count {
            Some(1) => None,
            // SAFETY: the first argument is not the last, or a null pointer follows it, by the manual.
            _ => unsafe { arg::c_str(*arguments.add(1)) },
        };
        conf.edit(|state| state.flags = state.flags & !flag::FILE | flag::CMDLINE);
        let used = conf.run(command, value);
        match used {
            1.. => {
                // SAFETY: looked at above; a command uses no more than its value.
                unsafe {
                    *pargv = arguments.add(used as usize);
                    arg::set(pargc, count.unwrap_or(0) - used);
                }
                Ok(used)
            }
            answer::UNKNOWN => Ok(0),
            answer::FAILED => Ok(-1),
            other => Ok(other),
        }
    })
}

/// `SSL_CONF_cmd_value_type(3)`: returns what a command takes: a string, a file, a folder, a store, nothing, or 0 for
/// an unknown one.
///
/// Status: full.
///
/// # Safety
/// `cctx` is null or a live handle; `cmd` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CONF_cmd_value_type(cctx: *mut SSL_CONF_CTX, cmd: *const c_char) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let conf = unsafe { share(cctx) }?;
        // SAFETY: null or a C string, by the manual.
        let command = unsafe { arg::c_str(cmd) }.ok_or(Error::Silent)?;
        let state = conf.state.lock().clone();
        let found = state.without_prefix(command.to_bytes()).and_then(|name| conf_command::find(state.flags, name));
        Ok(found.map_or(0, conf_command::Command::value_type))
    })
}

/// Runs the commands of a section of libcrypto's configuration; false when one failed. The others still count.
fn run_section(name: Option<&CStr>, target: Target, side: Side, system: bool) -> Result<bool, Error> {
    let name = if system { Some(c"system_default") } else { name };
    let (mut index, mut count) = (0, 0);
    // SAFETY: null or a C string, and an out-pointer.
    if unsafe { sys::conf_ssl_name_find(name.map_or(std::ptr::null(), CStr::as_ptr), &raw mut index) } == 0 {
        if system {
            return Ok(true);
        }
        let shown = name.map_or("<NULL>".into(), CStr::to_string_lossy);
        return Err(Error::SslData(reason::INVALID_CONFIGURATION_NAME, format!("name={shown}")));
    }
    let mut section = std::ptr::null();
    // SAFETY: the index was found just above; the table is filled when libcrypto is initialised and stays.
    let commands = unsafe { sys::conf_ssl_get(index, &raw mut section, &raw mut count) };
    let mut flags = flag::FILE;
    if !system {
        flags |= flag::CERTIFICATE | flag::REQUIRE_PRIVATE;
    }
    if side != Side::Client {
        flags |= flag::SERVER;
    }
    if side != Side::Server {
        flags |= flag::CLIENT;
    }
    let conf = ConfContext { state: Mutex::new(State { flags, target, ..State::default() }), ..ConfContext::default() };
    let mut all_well = true;
    for place in 0..count {
        let (mut command, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: `place` is below the count of the section's commands.
        unsafe { sys::conf_ssl_get_cmd(commands, place, &raw mut command, &raw mut value) };
        // SAFETY: C strings of the table, or null.
        let (command, value) = unsafe { (arg::c_str(command), arg::c_str(value)) };
        all_well &= command.is_some_and(|command| conf.run(command, value) > 0);
    }
    conf.finish()?;
    Ok(all_well)
}

/// Applies the section `system_default` to a new context. As in OpenSSL a bad value in it is passed over.
pub(crate) fn apply_system_default(ctx: *mut SSL_CTX) {
    // SAFETY: null or a live handle: the caller has just made it.
    if let Some(context) = unsafe { SSL_CTX::share(ctx) } {
        let target = Target::Context(Arc::downgrade(&context));
        if let Err(error) = run_section(None, target, context.side(), true) {
            error.report();
        }
    }
}

/// `SSL_CTX_config(3)`: runs the commands of the section of libcrypto's configuration that `ssl_conf` calls `name`;
/// returns 1, or 0 when there is none or one of them failed.
///
/// Status: full.
///
/// # Safety
/// `ctx` is null or a live handle; `name` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_config(ctx: *mut SSL_CTX, name: *const c_char) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let context = unsafe { SSL_CTX::share(ctx) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        // SAFETY: null or a C string, by the manual.
        let name = unsafe { arg::c_str(name) };
        Ok(run_section(name, Target::Context(Arc::downgrade(&context)), context.side(), false)?.into())
    })
}

/// `SSL_CTX_config(3)`: the same for a connection.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `name` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_config(ssl: *mut SSL, name: *const c_char) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Ssl(PASSED_NULL_PARAMETER))?;
        // SAFETY: null or a C string, by the manual.
        let name = unsafe { arg::c_str(name) };
        let side = ssl.method.read().side;
        Ok(run_section(name, Target::Connection(Arc::downgrade(&ssl)), side, false)?.into())
    })
}

/// `SSL_add_ssl_module`: does nothing; libcrypto has the module that reads `ssl_conf`.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_add_ssl_module() {}
