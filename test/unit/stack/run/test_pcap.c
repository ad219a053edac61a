/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pcap=FILE: read again by tshark, beside packet sockets; errors of the file; fork. */
#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char dir[] = "/tmp/pcap.XXXXXX";
static char path[64], option[80];

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/pcap.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/f", dir);
	snprintf(option, sizeof(option), "pcap=%s", path);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	return rmdir(dir);
}

/* What a command prints; skips the test where it is not installed. */
static void output_of(const char *command, char *text, size_t size)
{
	FILE *pipe = popen(command, "r");
	size_t len;
	int status;

	assert_non_null(pipe);
	len = fread(text, 1, size - 1, pipe);
	text[len] = '\0';
	status = pclose(pipe);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		print_message("SKIP: %s\n", command);
		skip();
	}
	assert_int_equal(status, 0);
}

static unsigned int lines_with(const char *text, const char *part)
{
	unsigned int count = 0;

	while ((text = strstr(text, part))) {
		count++;
		text += strlen(part);
	}
	return count;
}

static void ping_self(struct picox *stack, const char *address)
{
	int to = host_udp4(stack, address, 1000), from = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	char text[8];

	host_send4(from, address, 1000, "hello", 5);
	assert_int_equal(picox_recv(to, text, sizeof(text), 0), 5);
	picox_close(to);
	picox_close(from);
}

/* The wire in both directions, and lo, once, with a checksum that is whole; and a packet socket
 * that sees the same. */
static void test_tshark(void **state)
{
	struct picox *a = host_new("mem://pcap", option, "10.0.0.1");
	struct picox *b = host_new("mem://pcap", NULL, "10.0.0.2");
	int all = picox_msocket(a, AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), seen = 0;
	int fa = host_udp4(a, "10.0.0.1", 1000), fb = host_udp4(b, "10.0.0.2", 2000);
	char command[400], text[4096];

	assert_true(all >= 0);
	host_send4(fa, "10.0.0.2", 2000, "there", 5);
	assert_int_equal(picox_recv(fb, text, sizeof(text), 0), 5);
	host_send4(fb, "10.0.0.1", 1000, "and back", 8);
	assert_int_equal(picox_recv(fa, text, sizeof(text), 0), 8);
	picox_close(fa);
	picox_close(fb);
	ping_self(a, "127.0.0.1");
	while (picox_recv(all, text, sizeof(text), MSG_DONTWAIT) > 0)
		seen++;
	/* request and answer of ARP, one datagram each way, lo in both directions */
	assert_true(seen >= 6);
	picox_close(all);
	assert_int_equal(picox_delstack(a), 0);
	assert_int_equal(picox_delstack(b), 0);

	snprintf(command, sizeof(command),
	    "tshark -n -r %s -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -Y udp -T fields "
	    "-e frame.interface_name -e eth.src -e ip.src -e udp.checksum.status "
	    "-e frame.packet_flags_direction -e data.data 2>/dev/null",
	    path);
	output_of(command, text, sizeof(text));
	print_message("%s", text);
	assert_int_equal(lines_with(text, "\n"), 3);
	assert_int_equal(lines_with(text, "\t1\t"), 3); /* good checksums */
	assert_int_equal(lines_with(text, "vde0\t"), 2);
	assert_int_equal(lines_with(text, "lo\t00:00:00:00:00:00\t127.0.0.1\t1\t"), 1);
	assert_int_equal(lines_with(text, "10.0.0.1\t1\t0x00000002\t7468657265"), 1);
	snprintf(command, sizeof(command), "tcpdump -n -r %s arp 2>/dev/null", path);
	output_of(command, text, sizeof(text));
	assert_true(lines_with(text, "ARP, Request who-has 10.0.0.2") == 1);
}

static void test_errors(void **state)
{
	if (access("/dev/full", W_OK) == 0) {
		assert_null(picox_newstackv(NULL, "pcap=/dev/full"));
		assert_int_equal(errno, ENOSPC);
		assert_non_null(strstr(picox_error(), "/dev/full"));
	}
	assert_null(picox_newstackv(NULL, "pcap=/nonexistent/file"));
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(picox_error(), "/nonexistent/file"));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(picox_newstackv(NULL, option));
	assert_int_equal(errno, ENXIO); /* nobody reads */
}

/* The reader of a FIFO leaves, a file may not grow: the record ends, the program does not. */
static void test_broken(void **state)
{
	struct picox *stack;
	int reader, status;
	pid_t pid;

	assert_int_equal(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	stack = host_new("mem://pcap", option, "10.0.0.1");
	close(reader);
	ping_self(stack, "127.0.0.1");
	assert_int_equal(picox_delstack(stack), 0);
	unlink(path);

	pid = fork();
	if (pid == 0) {
		struct rlimit limit = {100, 100};

		setrlimit(RLIMIT_FSIZE, &limit);
		stack = host_new("mem://pcap", option, "10.0.0.1");
		for (int i = 0; i < 10; i++)
			ping_self(stack, "127.0.0.1");
		_exit(picox_delstack(stack) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Large frames, more than the buffer holds; exit(3) writes the rest. */
static void test_exit(void **state)
{
	char command[400], text[64];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		static char data[60000];
		struct picox *stack = host_new("mem://pcap", option, "10.0.0.1");
		int from = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
		int to = host_udp4(stack, "127.0.0.1", 1000);

		for (int i = 0; i < 20; i++) {
			host_send4(from, "127.0.0.1", 1000, data, sizeof(data));
			if (picox_recv(to, data, sizeof(data), 0) != sizeof(data))
				_exit(1);
		}
		exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	snprintf(command, sizeof(command), "tshark -n -r %s -Y udp 2>/dev/null | wc -l", path);
	if (system("tshark --version >/dev/null 2>&1") != 0)
		skip();
	output_of(command, text, sizeof(text));
	assert_int_equal(atoi(text), 20);
}

/* What was in the buffer at the fork is written once. */
static void test_fork(void **state)
{
	struct picox *stack = host_new("mem://pcap", option, "10.0.0.1");
	struct stat before, after;
	int status;
	pid_t pid;

	assert_int_equal(stat(path, &before), 0);
	ping_self(stack, "127.0.0.1");
	pid = fork();
	if (pid == 0)
		host_exit_child(picox_delstack(stack) != 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(picox_delstack(stack), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_true(after.st_size > before.st_size);
	if (system("tshark --version >/dev/null 2>&1") == 0) {
		char command[400], text[64];

		snprintf(command, sizeof(command), "tshark -n -r %s -Y udp 2>/dev/null | wc -l", path);
		output_of(command, text, sizeof(text));
		assert_int_equal(atoi(text), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_tshark, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_exit, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_fork, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
