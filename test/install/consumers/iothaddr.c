/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that uses libiothaddr: the MAC address of a name. C and C++. */
#include <iothaddr.h>

int main(void)
{
	unsigned char mac[6];

	iothaddr_hashmac(mac, "renzo.hash.local", NULL);
	return mac[0] == 0x06 && mac[5] == 0x3a ? 0 : 1;
}
