# SPDX-License-Identifier: LGPL-2.1-or-later
# Names the tasks; Meson does the work.  Each task installs the Debian packages that it needs and
# that are missing (list: packages), configures its own build directory, and builds.
#
#   make BUILD=dir      another build directory        make WERROR=true    warnings are errors
#   make PREFIX=/usr    where `install` puts things    make DESTDIR=dir    under another root
#   make CC=clang       another compiler (for a fresh build directory)

# Debian keeps dnsmasq, dhclient, named and others where an ordinary user's PATH does not lead.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

BUILD ?= build
PREFIX ?= /usr/local
WERROR ?= false
FUZZ_SECONDS ?= 60
MINUTES ?= 30
TEST_ARGS ?=
NEED = @scripts/install-packages
SETUP = meson setup -Dwerror=$(WERROR)
TEST = scripts/run-tests

# ASan and UBSan end a test at the first finding; TSan and ASan exclude each other.
SANITIZE = -Db_lundef=false -Dman=false --buildtype=debugoptimized
ASAN = $(SANITIZE) -Db_sanitize=address,undefined -Dc_args=-fno-sanitize-recover=all
TSAN = $(SANITIZE) -Db_sanitize=thread
FUZZ = $(SANITIZE) -Db_sanitize=address,undefined -Dfuzz=true -Dtests=false \
	'-Dc_args=-fsanitize=fuzzer-no-link -fno-sanitize-recover=all'

.PHONY: all help demo check bench soak asan tsan tidy fuzz format install uninstall deb check-deb clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

help:
	@echo "make            build into $(BUILD)/"
	@echo "make demo       install what is needed, build, and show it: addresses of programs and of threads; $(BUILD)/demo.html"
	@echo "make check      all tests; the last line sums them up (TEST_ARGS='--suite unit' ...)"
	@echo "make bench      measure against the kernel, vdestack, Debian's programs: $(BUILD)/bench/"
	@echo "make asan       all tests under AddressSanitizer (leaks too) and UndefinedBehaviorSanitizer"
	@echo "make tsan       all tests under ThreadSanitizer"
	@echo "make tidy       clang-tidy, cppcheck, shellcheck; every exception is explained in their files"
	@echo "make soak       all daemons and 1,000 stacks for MINUTES ($(MINUTES)) on a bad network: nothing leaks, nothing is lost"
	@echo "make fuzz       run each fuzz target for FUZZ_SECONDS ($(FUZZ_SECONDS)), or all of them for HOURS together"
	@echo "make format     clang-format over all C files"
	@echo "make install    into PREFIX ($(PREFIX)); uninstall takes all of it away again"
	@echo "make deb        Debian packages, from a clean copy of the tree: $(BUILD)-deb/"
	@echo "make check-deb  the same, installed on a copy of this machine, used and removed (root)"
	@echo "make clean      remove the build directories"

demo:
	$(NEED) build run
	@$(MAKE) -s --no-print-directory all
	@scripts/demo $(BUILD)

check:
	$(NEED) build run test
	@$(MAKE) -s --no-print-directory $(BUILD)/test
	@$(TEST) $(BUILD) $(TEST_ARGS)

bench:
	$(NEED) build run test bench
	@$(MAKE) -s --no-print-directory $(BUILD)/test
	ninja -C $(BUILD)
	@[ -e $(BUILD)/bench/iothdns ] || meson setup --reconfigure $(BUILD) # c-ares is younger than the build directory
	ninja -C $(BUILD) bench

soak:
	$(NEED) build run test
	@$(MAKE) -s --no-print-directory $(BUILD)/test
	ninja -C $(BUILD)
	BUILD=$(abspath $(BUILD)) bash test/soak/soak.sh $(MINUTES)

asan:
	$(NEED) build run test
	@$(MAKE) -s --no-print-directory $(BUILD)-asan/build.ninja
	@$(TEST) $(BUILD)-asan $(TEST_ARGS)

tsan:
	$(NEED) build run test
	@$(MAKE) -s --no-print-directory $(BUILD)-tsan/build.ninja
	@$(TEST) $(BUILD)-tsan $(TEST_ARGS)

tidy:
	$(NEED) build test lint
	@$(MAKE) -s --no-print-directory $(BUILD)-tidy/build.ninja
	@scripts/tidy $(BUILD)-tidy

fuzz:
	$(NEED) build lint
	@$(MAKE) -s --no-print-directory $(BUILD)-fuzz/build.ninja
	@ninja -C $(BUILD)-fuzz
	@scripts/fuzz $(BUILD)-fuzz $(if $(HOURS),$(HOURS)h,$(FUZZ_SECONDS))

format:
	$(NEED) lint
	find . -path './build*' -prune -o -name '*.[ch]' -print0 | xargs -0 clang-format -i

# As root: the build directory goes on being of use to whom the tree belongs to, and in the running system the
# loader's cache is brought up to date.
install: $(BUILD)/build.ninja
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	ninja -C $(BUILD)
	meson install -C $(BUILD) --no-rebuild
	@if [ "$$(id -u)" = 0 ]; then chown -R --reference=. $(BUILD); fi
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

uninstall:
	@scripts/uninstall $(BUILD)
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

deb:
	$(NEED) build deb
	@scripts/deb $(BUILD)-deb
	@ls $(BUILD)-deb/*.deb

check-deb:
	$(NEED) build run test deb
	@test/packages/packages.sh

clean:
	rm -rf $(BUILD) $(BUILD)-*

# Who builds, installs or looks at the demo needs nothing that the tests need; what was built wants a network.
$(BUILD)/build.ninja:
	$(NEED) build run
	$(SETUP) $(BUILD) --prefix=$(PREFIX) -Dtests=false

$(BUILD)/test: | $(BUILD)/build.ninja
	meson configure $(BUILD) -Dtests=true
	ninja -C $(BUILD) build.ninja

$(BUILD)-asan/build.ninja:
	$(SETUP) $(BUILD)-asan $(ASAN)

$(BUILD)-tsan/build.ninja:
	$(SETUP) $(BUILD)-tsan $(TSAN)

$(BUILD)-tidy/build.ninja:
	CC=clang $(SETUP) $(BUILD)-tidy -Dman=false

$(BUILD)-fuzz/build.ninja:
	CC=clang $(SETUP) $(BUILD)-fuzz $(FUZZ)
