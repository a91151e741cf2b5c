namespace Sigrun.Network; internal static class Marker;
