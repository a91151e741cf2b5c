namespace Sigrun.Protocol; internal static class Marker;
