/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hosts.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <cmocka.h>

#include <nlq_dialog.h>

#define WATCHDOG_SECONDS 600 /* only against hanging for ever; Meson's time-outs are longer */

/* The test's own; made before the child, removed after it, however it ends. */
static char directory[32];

/* Whose directory it is. */
static volatile pid_t child;

const char *hosts_directory(void)
{
	return directory;
}

void *hosts_relay_thread(void *argument)
{
	CHECK(relay_run(argument) == 0);
	return NULL;
}

void host_enter(const struct host *host)
{
	CHECK(setns(host->netns, CLONE_NEWNET) == 0);
}

static void host_configure(struct host *host)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct nlq_io io = nlq_io_fd(&fd);
	unsigned char address[16];

	CHECK(fd >= 0);
	CHECK(nlq_dialog_link_updown(&io, 1, 1) == 0);
	CHECK(nlq_dialog_link_updown(&io, host->ifindex, 1) == 0);
	CHECK(inet_pton(AF_INET, host->v4, address) == 1);
	CHECK(nlq_dialog_addr(&io, true, AF_INET, address, 24, host->ifindex) == 0);
	CHECK(inet_pton(AF_INET6, host->v6, address) == 1);
	CHECK(nlq_dialog_addr(&io, true, AF_INET6, address, 0x70 << 24 | IFA_F_NODAD << 16 | 64,
	          host->ifindex) == 0);
	close(fd);
}

static void host_start(
    struct hosts *hosts, struct host *host, unsigned int port_flags, unsigned int mtu)
{
	struct netns_port port;
	int home = host->netns;

	host->netns = netns_new();
	CHECK(host->netns >= 0);
	CHECK(netns_port_open("vde0", mtu, port_flags, &port) == 0);
	host->ifindex = port.ifindex;
	if (host->link != NULL)
		CHECK(relay_add(hosts->relay, &port, host->link, &host->line) == 0);
	host_configure(host);
	CHECK(setns(home, CLONE_NEWNET) == 0);
	close(home);
}

/* A namespace of the test's own. Root needs no user namespace for it, which a process with threads
 * could not enter: sanitizers have one. */
static int enter_private(void)
{
	if (geteuid() == 0)
		return unshare(CLONE_NEWNET);
	return netns_enter_user(CLONE_NEWNET, geteuid(), getegid(), true);
}

void hosts_enter_private(void)
{
	CHECK(enter_private() == 0);
}

static void add_idle_line(struct hosts *hosts, unsigned int port_flags, unsigned int number)
{
	struct netns_port port;
	struct vdelink *link;
	struct relay_line *line;
	char name[16];

	snprintf(name, sizeof name, "idle%u", number);
	CHECK(netns_port_open(name, 0, port_flags, &port) == 0);
	CHECK(vdelink_open("null://", "idle", &link) == 0);
	CHECK(relay_add(hosts->relay, &port, link, &line) == 0);
}

void hosts_start(struct hosts *hosts, unsigned int port_flags, unsigned int mtu, bool b_open,
    unsigned int idle_lines)
{
	char vnl[64];

	memset(hosts, 0, sizeof *hosts);
	strcpy(hosts->directory, directory);
	strcpy(hosts->a.v4, "10.0.0.1");
	strcpy(hosts->b.v4, "10.0.0.2");
	strcpy(hosts->a.v6, "fd00::1");
	strcpy(hosts->b.v6, "fd00::2");
	hosts_enter_private();
	CHECK(relay_new(&hosts->relay) == 0);
	snprintf(vnl, sizeof vnl, "ptp://%s/wire", hosts->directory);
	CHECK(vdelink_open(vnl, "a", &hosts->a.link) == 0);
	if (b_open)
		CHECK(vdelink_open(vnl, "b", &hosts->b.link) == 0);
	hosts->a.netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	hosts->b.netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	for (unsigned int i = 0; i < idle_lines; i++)
		add_idle_line(hosts, port_flags, i);
	/* One line is added before the loop runs, the other while it does. */
	host_start(hosts, &hosts->a, port_flags, mtu);
	CHECK(pthread_create(&hosts->thread, NULL, hosts_relay_thread, hosts->relay) == 0);
	if (b_open)
		host_start(hosts, &hosts->b, port_flags, mtu);
}

void hosts_stop(struct hosts *hosts)
{
	relay_stop(hosts->relay);
	CHECK(pthread_join(hosts->thread, NULL) == 0);
	relay_free(hosts->relay);
}

/* For SIGTERM and the like, in the parent: a test that took too long leaves nothing. The shell
 * takes the place of this process, so that no more than async-signal-safe functions are called. */
static void clean_up(int signal_number)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	execl("/bin/sh", "sh", "-c", "rm -rf \"$0\"; exit 99", directory, (char *)NULL);
	_exit(99);
}

static void hung(int signal_number)
{
	static const char text[] = "the test hung: ended after its longest time\n";

	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	_exit(1);
}

static const int ending[] = {SIGTERM, SIGINT, SIGHUP};

static void set_handlers(void (*handler)(int))
{
	for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
		signal(ending[i], handler);
}

static pid_t fork_child(void)
{
	sigset_t signals, before;
	pid_t pid;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
		sigaddset(&signals, ending[i]);
	sigprocmask(SIG_BLOCK, &signals, &before);
	pid = fork();
	child = pid;
	set_handlers(pid == 0 ? SIG_DFL : clean_up);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* In a child, because entering a user namespace cannot be undone. 0: it went well, and has left
 * nothing in its directory. */
static int in_child(void (*body)(unsigned int), unsigned int port_flags)
{
	char command[64];
	int status = -1;
	pid_t pid;

	strcpy(directory, "/tmp/ioth_hosts.XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	pid = fork_child();
	if (pid == 0) {
		signal(SIGALRM, hung);
		alarm(WATCHDOG_SECONDS);
		body(port_flags);
		exit(0); /* not _exit: leaks are looked for at exit */
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		status = -1;
	child = 0;
	if (rmdir(directory) < 0) {
		snprintf(command, sizeof command, "rm -rf %s", directory);
		status |= system(command) | 1;
	}
	set_handlers(SIG_DFL);
	return status;
}

static void try_namespaces(unsigned int port_flags)
{
	struct netns_port port;

	if (enter_private() < 0 || netns_port_open("vde0", 0, port_flags, &port) < 0)
		_exit(1);
	_exit(0);
}

void hosts_run(void (*body)(unsigned int))
{
	if (in_child(try_namespaces, NETNS_PORT_NO_VETH) == 0)
		assert_int_equal(in_child(body, NETNS_PORT_NO_VETH), 0);
	else
		print_message("no /dev/net/tun: veth only\n");
	assert_int_equal(in_child(body, NETNS_PORT_NO_TAP), 0);
}

void hosts_skip_unless_possible(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0); /* what had passed is known when Meson ends the test */
	if (in_child(try_namespaces, NETNS_PORT_NO_TAP) == 0)
		return;
	puts("SKIP: no user namespaces with veth interfaces here");
	exit(77);
}
