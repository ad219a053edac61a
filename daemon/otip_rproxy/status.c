/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows in words: see status.h. */
#include "status.h"

#include <inttypes.h>
#include <time.h>

#include "addrtext.h"
#include "clock.h"
#include "window.h"

static void print_time(FILE *out, int64_t seconds)
{
	char text[32] = "?";
	time_t time = (time_t)seconds;
	struct tm fields;

	if (gmtime_r(&time, &fields))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &fields);
	fputs(text, out);
}

static void print_current(const struct otip_schedule *schedule, int64_t now, FILE *out)
{
	int64_t number;

	if (schedule->period == 0) {
		fputs("current: window 0, always\n", out);
		return;
	}
	number = now / schedule->period;
	fprintf(out, "current: window %" PRId64 ", since ", number);
	print_time(out, number * schedule->period);
	fputs(" until ", out);
	print_time(out, (number + 1) * schedule->period);
	fputc('\n', out);
}

/* What is open follows from the clock and the schedule as it is now. */
static void print_window(const struct list *epochs, const struct in6_addr *address, FILE *out)
{
	const struct epoch *epoch;

	list_for_each (epoch, epochs, link) {
		const struct otip_address *found = otip_keeper_find(&epoch->keeper, address);

		if (!found)
			continue;
		fprintf(out, ", window %" PRId64, found->window);
		if (epoch->keeper.drained || epoch->keeper.schedule.period == 0)
			return;
		fputs(", open from ", out);
		print_time(out, otip_schedule_opens(&epoch->keeper.schedule, found->window));
		fputs(" until ", out);
		print_time(out, otip_schedule_closes(&epoch->keeper.schedule, found->window));
		return;
	}
}

void status_print_windows(const struct list *epochs, const struct flows *flows, FILE *out)
{
	const struct epoch *epoch = list_first(epochs, struct epoch, link);
	const struct window *window;
	char text[ADDRTEXT_IP_SIZE];

	if (epoch)
		print_current(&epoch->keeper.schedule, otip_clock_now(), out);
	list_for_each (window, &flows->windows, link) {
		(void)addrtext_print_ip(text, sizeof(text), AF_INET6, &window->address);
		fprintf(out, "%s: %s, %" PRIu64 " flows", text, window->closed ? "over" : "open",
		    window->flow_count);
		print_window(epochs, &window->address, out);
		fputc('\n', out);
	}
}
