# Building, installing and checking ferrossl.
#
#   make                   build/lib/libssl.so.3 and the link libssl.so   (PROFILE=quick: faster to build, slower code)
#   make install           library, headers and pkg-config file under $(DESTDIR)$(PREFIX)
#
# CARGO_TARGET_DIR is respected.

PROFILE ?= release
CARGO ?= cargo
CC ?= cc
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BUILD ?= build

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

$(LIBRARY): $(ARCHIVE) $(MAP) Makefile
	@mkdir -p $(@D)
	$(CC) $(LINK_FLAGS) $(LDFLAGS) -o $@.new -Wl,--whole-archive $(ARCHIVE) -Wl,--no-whole-archive -Wl,--as-needed $(LINK_LIBS)
	mv -f $@.new $@

$(BUILD)/lib/libssl.so: $(LIBRARY)
	ln -sf libssl.so.3 $@
	@touch -h -r $< $@
