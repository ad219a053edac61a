/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of libvdestack share. */
#include "vdestack_test.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* By clone, as ThreadSanitizer gives each process a thread, and unshare refuses threads. */
void skip_without_namespaces(void)
{
	unsigned long flags = CLONE_NEWNET | SIGCHLD;
	pid_t pid = (pid_t)syscall(SYS_clone, flags | CLONE_NEWUSER, NULL, NULL, NULL, NULL);

	if (pid < 0 && geteuid() == 0)
		pid = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	if (pid == 0)
		_exit(0);
	if (pid < 0) {
		puts("SKIP: user namespaces are not allowed here");
		exit(77);
	}
	waitpid(pid, NULL, 0);
}

static void switch_on(int fd, const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_UP};

	strcpy(ifr.ifr_name, name);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
}

static void set_address(int fd, const char *name, unsigned long request, const char *address)
{
	struct ifreq ifr = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&ifr.ifr_addr;

	strcpy(ifr.ifr_name, name);
	in->sin_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, address, &in->sin_addr), 1);
	assert_int_equal(ioctl(fd, request, &ifr), 0);
}

void set_up(struct vdestack *stack, const char *name, const char *address)
{
	int fd = vde_msocket(stack, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	switch_on(fd, "lo");
	if (name != NULL) {
		set_address(fd, name, SIOCSIFADDR, address);
		set_address(fd, name, SIOCSIFNETMASK, "255.255.255.0");
		switch_on(fd, name);
	}
	close(fd);
}

struct vdestack *stack_with_address(const char *vnl, const char *address)
{
	struct vdestack *stack = vde_addstack((char *)vnl, NULL);

	if (stack == NULL)
		fail_msg("vde_addstack: %s", strerror(errno));
	set_up(stack, "vde0", address);
	return stack;
}

static struct sockaddr_in address_of(const char *address, int port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
	return in;
}

int listen_at(struct vdestack *stack, int port)
{
	struct sockaddr_in in = address_of("0.0.0.0", port);
	int fd = vde_msocket(stack, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

int connect_to(struct vdestack *stack, const char *address, int port)
{
	struct sockaddr_in in = address_of(address, port);
	int fd = vde_msocket(stack, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	/* A failed connect leaves the socket usable (tcp(7) in Linux). */
	wait_until(connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
	return fd;
}

void assert_connected(int from, int to)
{
	char buf[8] = {0};

	assert_int_equal(write(from, "hello", 5), 5);
	assert_int_equal(recv(to, buf, 5, MSG_WAITALL), 5);
	assert_string_equal(buf, "hello");
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* The parent and the state of a process; false if it is gone. */
static bool process_stat(pid_t pid, pid_t *parent, char *state)
{
	char path[64], line[512], *after_name;
	FILE *file;
	bool read;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	read = fgets(line, sizeof(line), file) != NULL;
	fclose(file);
	if (!read)
		return false;
	after_name = strrchr(line, ')');
	return after_name != NULL && sscanf(after_name, ") %c %d", state, parent) == 2;
}

static int find_children(pid_t of, pid_t *found)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10), parent;
		char state;

		if (pid > 0 && process_stat(pid, &parent, &state) && parent == of) {
			*found = pid;
			count++;
		}
	}
	closedir(dir);
	return count;
}

pid_t child_of(pid_t parent)
{
	pid_t child = 0;

	find_children(parent, &child);
	return child;
}

bool is_running(pid_t pid)
{
	pid_t parent;
	char state;

	return process_stat(pid, &parent, &state) && state != 'Z' && state != 'X';
}

struct holdings holdings(void)
{
	struct holdings h = {0};
	char line[256];
	pid_t child;
	FILE *file;

	h.descriptors = count_entries("/proc/self/fd");
	h.threads = count_entries("/proc/self/task") - 2;
	h.children = find_children(getpid(), &child);
	file = fopen("/proc/self/status", "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "VmRSS: %ld", &h.memory);
	fclose(file);
	return h;
}

void wait_a_moment(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

void assert_success(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}
