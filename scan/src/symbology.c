#include "scan/scan.h"

const char *scan_symbology_name(enum scan_symbology symbology)
{
    switch (symbology) {
    case SCAN_QR:
        return "QR-Code";
    case SCAN_EAN13:
        return "EAN-13";
    case SCAN_EAN8:
        return "EAN-8";
    case SCAN_UPCA:
        return "UPC-A";
    case SCAN_UPCE:
        return "UPC-E";
    case SCAN_CODE128:
        return "Code-128";
    case SCAN_CODE39:
        return "Code-39";
    case SCAN_ITF:
        return "ITF";
    case SCAN_DATABAR:
        return "DataBar";
    case SCAN_DATABAR_EXPANDED:
        return "DataBar-Expanded";
    case SCAN_SYMBOLOGY_COUNT:
        break;
    }
    return "unknown";
}
