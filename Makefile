# Building, installing and checking ferrossl.
#
#   make                   build/lib/libssl.so.3 and the link libssl.so   (PROFILE=quick: faster to build, slower code)
#   make install           library, headers and pkg-config file under $(DESTDIR)$(PREFIX)
#   make headers           include/openssl/*.h, from the exports and include/generator/
#   make check-headers     the headers: up to date, compiling, equal to the system's
#   make compat            docs/compatibility.md, from the status of each name (check-compat: compare)
#   make programs-table    docs/programs.md, from a run of the programs' tests (check-programs: compare)
#   make check-sources     curl, nginx and Apache compile against the headers (downloads)
#   make check-python      CPython's own TLS tests on both libraries (a part of check; installs what is missing)
#   make demo              an unmodified nginx and an unmodified curl on ferrossl (installs what is missing)
#   make check             everything that is tested (installs what is missing); one part: make check-PART, see PARTS
#
# CARGO_TARGET_DIR is respected.

PROFILE ?= release
CARGO ?= cargo
CC ?= cc
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BUILD ?= build

# Where rustup puts cargo, for a shell that was not told.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

.PHONY: all
all: lib

# ---- the library ----

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
ARCHIVE := $(TARGET_DIR)/$(PROFILE)/libferrossl.a
MAP := include/libssl.map
LIBRARY := $(BUILD)/lib/libssl.so.3

# Cargo decides whether the archive is up to date. `--crate-type` because fat LTO is left out when an rlib is made too.
.PHONY: lib archive
lib: $(BUILD)/lib/libssl.so

archive:
	$(CARGO) rustc --locked --lib --profile $(PROFILE) --crate-type staticlib

$(ARCHIVE): archive ;

# The static library is linked with the version script, so that the exports are exactly the names of the map, on their
# nodes and with their sizes. `nodelete`: libcrypto keeps pointers to our tables (error texts, BIO methods, ex_data).
# `-Bsymbolic-functions`: our own calls never reach another libssl in the process.
LINK_FLAGS := -shared -fPIC \
	-Wl,-soname,libssl.so.3 -Wl,--version-script=$(MAP) -Wl,-z,defs -Wl,--gc-sections \
	-Wl,-z,relro -Wl,-z,now -Wl,-z,nodelete -Wl,-z,noexecstack -Wl,-Bsymbolic-functions \
	-Wl,--build-id -Wl,--hash-style=gnu -Wl,--strip-debug -Wl,-O1
LINK_LIBS := -lcrypto -lgcc_s -lpthread -lm -ldl -lc

# Changes when another profile or other flags are asked for.
LINKED_AS := $(BUILD)/lib/.linked-as
LINK_COMMAND := $(CC) $(LINK_FLAGS) $(LDFLAGS) $(ARCHIVE)
.PHONY: force
$(LINKED_AS): force
	@mkdir -p $(@D)
	@echo '$(LINK_COMMAND)' | cmp -s - $@ || echo '$(LINK_COMMAND)' > $@

$(LIBRARY): $(ARCHIVE) $(MAP) $(LINKED_AS)
	$(CC) $(LINK_FLAGS) $(LDFLAGS) -o $@.new -Wl,--whole-archive $(ARCHIVE) -Wl,--no-whole-archive -Wl,--as-needed $(LINK_LIBS)
	mv -f $@.new $@

$(BUILD)/lib/libssl.so: $(LIBRARY)
	ln -sf libssl.so.3 $@
	@touch -h -r $< $@

# ---- installing ----

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
HEADERS := $(wildcard include/openssl/*.h)
DEST = $(DESTDIR)$(LIBDIR)

define PKGCONFIG
prefix=$(PREFIX)
libdir=$(LIBDIR)
includedir=$(INCLUDEDIR)

Name: ferrossl-libssl
Description: OpenSSL's libssl with its TLS done by rustls
Version: $(OPENSSL_VERSION)
Requires.private: libcrypto
Libs: -L$${libdir} -lssl
Cflags: -I$${includedir}
endef
export PKGCONFIG
# Programs ask pkg-config for libssl's version to learn which API there is: it is that of the map's newest node.
OPENSSL_VERSION := 3.5.0

.PHONY: install uninstall
install: lib
	install -d $(DEST)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/openssl
	install -m 644 $(LIBRARY) $(DEST)/libssl.so.3
	ln -sf libssl.so.3 $(DEST)/libssl.so
	$(if $(HEADERS),install -m 644 $(HEADERS) $(DESTDIR)$(INCLUDEDIR)/openssl/)
	echo "$$PKGCONFIG" > $(DEST)/pkgconfig/libssl.pc

uninstall:
	rm -f $(DEST)/libssl.so.3 $(DEST)/libssl.so $(DEST)/pkgconfig/libssl.pc $(HEADERS:include/%=$(DESTDIR)$(INCLUDEDIR)/%)

# ---- trying and checking ----

# Debian's own Python: its ssl module is one of the programs under test.
PYTHON ?= /usr/bin/python3
SETUP := capi-tests/programs/setup.sh

# The library is left to a second make: before the set-up there may be nothing to build it with.
.PHONY: setup demo check
setup:
	$(SETUP)

demo:
	$(SETUP) demo
	$(MAKE) lib
	$(PYTHON) capi-tests/programs/demo.py $(BUILD)/lib

# In the order in which they run: quick ones first. Every part runs even when one before it failed.
PARTS := fmt clippy rust lib names headers compat c-coverage c python programs c-valgrind c-asan

check:
	$(SETUP) check python
	$(PYTHON) capi-tests/check.py $(PARTS)

.PHONY: check-fmt check-clippy check-rust check-lib check-names check-c-coverage check-c check-c-valgrind check-c-asan check-programs
check-fmt:
	$(CARGO) fmt --check

check-clippy:
	$(CARGO) clippy --locked --all-targets -- -D warnings

check-rust:
	$(CARGO) test --locked

check-lib: lib

check-names: lib
	$(PYTHON) capi-tests/names.py --lib $(LIBRARY)

check-c-coverage:
	$(PYTHON) capi-tests/coverage.py

check-c: lib
	$(PYTHON) capi-tests/run.py --lib $(BUILD)/lib

check-c-valgrind: lib
	$(PYTHON) capi-tests/run.py --lib $(BUILD)/lib --valgrind

check-c-asan: lib
	$(PYTHON) capi-tests/run.py --lib $(BUILD)/lib --asan

# Not part of `check`: the tests of threads, for minutes.
.PHONY: soak
soak: lib
	$(PYTHON) capi-tests/run.py --lib $(BUILD)/lib --soak 30 --timeout 900 threads threads_duplex reentrance process

check-programs: lib
	$(PYTHON) capi-tests/programs/run.py $(BUILD)/lib

.PHONY: programs-table
programs-table: lib
	$(PYTHON) capi-tests/programs/run.py $(BUILD)/lib --write docs/programs.md

# Alone it may find its package missing.
.PHONY: check-python
check-python: lib
	$(SETUP) python
	$(PYTHON) capi-tests/python/run.py $(BUILD)/lib

# ---- the C headers ----

# The generator is a package of its own (include/generator/), with a pinned cbindgen; nothing of it is in the library.
GENERATE = CARGO_TARGET_DIR=$(TARGET_DIR)/headers $(CARGO) run --quiet --locked --manifest-path include/generator/Cargo.toml -- .

.PHONY: headers check-headers check-sources
headers:
	$(GENERATE) include/openssl

check-headers:
	rm -rf $(BUILD)/headers
	$(GENERATE) $(BUILD)/headers
	$(PYTHON) capi-tests/headers/check.py $(BUILD)/headers

# Not part of `check`: downloads curl's, nginx's and Apache's sources.
check-sources:
	@mkdir -p $(BUILD)/sources
	$(PYTHON) capi-tests/headers/sources.py $(BUILD)/sources

# ---- the status of each name ----

.PHONY: compat check-compat
compat:
	$(PYTHON) docs/compatibility.py

check-compat:
	$(PYTHON) docs/compatibility.py --check
