//! Where a connection's records come from and go to: file descriptors and BIOs.

use super::connection::{Bios, share, shut, want};
use super::error::{BUF_LIB, Error, guard};
use super::reason;
use super::types::SSL;
use crate::libcrypto::bio::Bio;
use crate::libcrypto::sys;
use crate::seam::Handle;
use std::ffi::c_int;
use std::ptr;
use std::sync::Arc;

fn same(bio: Option<&Arc<Bio>>, ptr: *const sys::BIO) -> bool {
    bio.map_or(ptr::null(), |bio| bio.as_ptr().cast_const()) == ptr
}

/// `SSL_set_bio(3)`: sets both BIOs and takes over their counts, by the manual's rules for equal pointers.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `rbio` and `wbio` are null or live BIOs of which the caller gives up what the manual
/// page says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_bio(ssl: *mut SSL, rbio: *mut sys::BIO, wbio: *mut sys::BIO) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        let old = ssl.bios.read().clone();
        let new = if same(old.read.as_ref(), rbio) && same(old.write.as_ref(), wbio) {
            // Nothing changes, and no count is taken.
            return Ok(());
        } else if rbio == wbio {
            // One count, given to both.
            // SAFETY: null or live with a count for us, by the manual.
            let both = unsafe { Bio::from_owned(rbio) };
            Bios { read: both.clone(), write: both }
        } else if same(old.read.as_ref(), rbio) {
            // The read side stays; only the write BIO's count is ours.
            // SAFETY: as above.
            Bios { read: old.read.clone(), write: unsafe { Bio::from_owned(wbio) } }
        } else if same(old.write.as_ref(), wbio) && !is_one(&old) {
            // SAFETY: as above.
            Bios { read: unsafe { Bio::from_owned(rbio) }, write: old.write.clone() }
        } else {
            // SAFETY: as above, a count of each.
            unsafe { Bios { read: Bio::from_owned(rbio), write: Bio::from_owned(wbio) } }
        };
        replace(&ssl, new);
        Ok(())
    });
}

/// Whether both sides are one BIO.
fn is_one(bios: &Bios) -> bool {
    match (&bios.read, &bios.write) {
        (Some(read), Some(write)) => read.as_ptr() == write.as_ptr(),
        (None, None) => true,
        _ => false,
    }
}

/// Sets new BIOs; the old ones are freed with nothing locked, because that runs the program's code.
fn replace(ssl: &super::connection::Connection, new: Bios) {
    let old = std::mem::replace(&mut *ssl.bios.write(), new);
    drop(old);
}

/// `SSL_set_bio(3)`: sets the read BIO and takes over one count; the old one is freed.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `rbio` is null or a live BIO with a count for the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_rbio(ssl: *mut SSL, rbio: *mut sys::BIO) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        let write = ssl.bios.read().write.clone();
        // SAFETY: null or live with a count for us, by the manual.
        replace(&ssl, Bios { read: unsafe { Bio::from_owned(rbio) }, write });
        Ok(())
    });
}

/// `SSL_set_bio(3)`: sets the write BIO and takes over one count; the old one is freed.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle; `wbio` is null or a live BIO with a count for the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_wbio(ssl: *mut SSL, wbio: *mut sys::BIO) {
    guard((), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        let read = ssl.bios.read().read.clone();
        // SAFETY: null or live with a count for us, by the manual.
        replace(&ssl, Bios { read, write: unsafe { Bio::from_owned(wbio) } });
        Ok(())
    });
}

/// `SSL_get_rbio(3)`: the read BIO, without a count for the caller; null when there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_rbio(ssl: *const SSL) -> *mut sys::BIO {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(ssl.bios.read().read.as_ref().map_or(ptr::null_mut(), |bio| bio.as_ptr()))
    })
}

/// `SSL_get_wbio(3)`: the write BIO, without a count for the caller; null when there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_wbio(ssl: *const SSL) -> *mut sys::BIO {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        Ok(ssl.bios.read().write.as_ref().map_or(ptr::null_mut(), |bio| bio.as_ptr()))
    })
}

/// `SSL_set_fd(3)`: reads from and writes to a descriptor, which stays the program's; 1 on success.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_fd(ssl: *mut SSL, fd: c_int) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        let bio = socket(fd)?;
        replace(&ssl, Bios { read: Some(bio.clone()), write: Some(bio) });
        Ok(1)
    })
}

/// `SSL_set_rfd(3)`: reads from a descriptor; 1 on success. A write BIO around the same descriptor is shared.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_rfd(ssl: *mut SSL, fd: c_int) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        let write = ssl.bios.read().write.clone();
        let read = match &write {
            Some(bio) if bio.is_socket(fd) => bio.clone(),
            _ => socket(fd)?,
        };
        replace(&ssl, Bios { read: Some(read), write });
        Ok(1)
    })
}

/// `SSL_set_wfd(3)`: writes to a descriptor; 1 on success. A read BIO around the same descriptor is shared.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_wfd(ssl: *mut SSL, fd: c_int) -> c_int {
    guard(0, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        let read = ssl.bios.read().read.clone();
        let write = match &read {
            Some(bio) if bio.is_socket(fd) => bio.clone(),
            _ => socket(fd)?,
        };
        replace(&ssl, Bios { read, write: Some(write) });
        Ok(1)
    })
}

fn socket(fd: c_int) -> Result<Arc<Bio>, Error> {
    Bio::socket(fd).ok_or(Error::Ssl(BUF_LIB))
}

/// The descriptor below a BIO chain, -1 when there is none.
fn descriptor(bio: Option<&Arc<Bio>>) -> c_int {
    bio.map_or_else(Bio::no_descriptor, |bio| bio.descriptor())
}

/// `SSL_get_fd(3)`: the descriptor that is read from, -1 when there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_fd(ssl: *const SSL) -> c_int {
    // SAFETY: null or a live handle, by the manual.
    unsafe { SSL_get_rfd(ssl) }
}

/// `SSL_get_rfd(3)`: the descriptor that is read from, -1 when there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_rfd(ssl: *const SSL) -> c_int {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let bio = ssl.bios.read().read.clone();
        Ok(descriptor(bio.as_ref()))
    })
}

/// `SSL_get_wfd(3)`: the descriptor that is written to, -1 when there is none.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_wfd(ssl: *const SSL) -> c_int {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { SSL::share(ssl) }.ok_or(Error::Silent)?;
        let bio = ssl.bios.read().write.clone();
        Ok(descriptor(bio.as_ref()))
    })
}

/// `SSL_sendfile(3)`: sends a file through the kernel's TLS; below 0 is failure.
///
/// Status: partial: kernel TLS is never in use, so it fails as OpenSSL does without it.
///
/// # Safety
/// `ssl` is null or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_sendfile(
    ssl: *mut SSL,
    _fd: c_int,
    _offset: libc::off_t,
    _size: usize,
    _flags: c_int,
) -> isize {
    guard(-1, || {
        // SAFETY: null or a live handle, by the manual.
        let ssl = unsafe { share(ssl) }?;
        if ssl.has_role() && ssl.has_shutdown(shut::SENT) {
            ssl.set_want(want::NOTHING);
            return Err(Error::Ssl(reason::PROTOCOL_IS_SHUTDOWN));
        }
        Err(Error::Ssl(reason::UNINITIALIZED))
    })
}
