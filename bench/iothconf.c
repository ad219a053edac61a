/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many stacks of one process on one network, each configured by a string.
 *
 *     iothconf COUNT NAME UPLINK CONFIG [SECONDS]
 *
 * Makes COUNT picox stacks on mem://NAME, whose uplink is the VNL UPLINK, one after the other, with
 * CONFIG (dhcp, thread ...); tells how many got what, and how long it took. Then it sleeps for
 * SECONDS and tells how often its threads have been woken up, and the processor time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/resource.h>
#include <ioth.h>
#include <iothconf.h>

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char *argv[])
{
	int count = argc > 4 ? (int)strtol(argv[1], NULL, 10) : 0, well = 0;
	struct ioth **stacks = calloc((size_t)count + 1, sizeof(struct ioth *));
	struct rusage before, after;
	char text[256];
	double begun;

	if (count <= 0 || !stacks) {
		free(stacks);
		return 2;
	}
	begun = seconds();
	for (int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "stack=picox,vnl='mem://%s/uplink=%s'", argv[2], argv[3]);
		stacks[i] = ioth_newstackc(text);
		if (!stacks[i]) {
			printf("stack %d: %s\n", i, ioth_config_error());
			free(stacks);
			return 1;
		}
		/* A MAC address by number: that of a server's lease. */
		snprintf(
		    text, sizeof(text), "mac=02:00:00:00:%02x:%02x,%s", i >> 8 & 255, i & 255, argv[4]);
		well += ioth_config(stacks[i], text) > IOTHCONF_ETH;
	}
	printf("%d of %d configured in %.3f s\n", well, count, seconds() - begun);
	fflush(stdout);
	getrusage(RUSAGE_SELF, &before);
	if (argc > 5)
		sleep((unsigned int)strtol(argv[5], NULL, 10));
	getrusage(RUSAGE_SELF, &after);
	printf("%ld wake-ups, %.3f s of processor time\n", after.ru_nvcsw - before.ru_nvcsw,
	    (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
	             before.ru_stime.tv_sec) +
	        (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
	                 before.ru_stime.tv_usec) *
	            1e-6);
	begun = seconds();
	for (int i = 0; i < count; i++) {
		if (ioth_delstack(stacks[i]) < 0)
			printf("delete %d: %s\n", i, ioth_error());
	}
	printf("deleted in %.3f s\n", seconds() - begun);
	free(stacks);
	return well == count ? 0 : 1;
}
