// The icons of all pages but the caller's: Lucide's drawings, by what they mean here. An icon never stands without a word,
// so all of them are hidden from screen readers.

import swap from "lucide-static/icons/arrow-down-up.svg?raw";
import arrowLeft from "lucide-static/icons/arrow-left.svg?raw";
import ban from "lucide-static/icons/ban.svg?raw";
import bellOff from "lucide-static/icons/bell-off.svg?raw";
import bell from "lucide-static/icons/bell-ring.svg?raw";
import building from "lucide-static/icons/building-2.svg?raw";
import cable from "lucide-static/icons/cable.svg?raw";
import clockAdd from "lucide-static/icons/calendar-clock.svg?raw";
import calendar from "lucide-static/icons/calendar-days.svg?raw";
import carFront from "lucide-static/icons/car-front.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import checkCheck from "lucide-static/icons/check-check.svg?raw";
import chevron from "lucide-static/icons/chevron-down.svg?raw";
import circleDot from "lucide-static/icons/circle-dot.svg?raw";
import circlePause from "lucide-static/icons/circle-pause.svg?raw";
import circleSlash from "lucide-static/icons/circle-slash.svg?raw";
import clock from "lucide-static/icons/clock.svg?raw";
import layout from "lucide-static/icons/columns-2.svg?raw";
import copy from "lucide-static/icons/copy.svg?raw";
import crosshair from "lucide-static/icons/crosshair.svg?raw";
import download from "lucide-static/icons/download.svg?raw";
import drone from "lucide-static/icons/drone.svg?raw";
import eye from "lucide-static/icons/eye.svg?raw";
import eyeOff from "lucide-static/icons/eye-off.svg?raw";
import flag from "lucide-static/icons/flag.svg?raw";
import steer from "lucide-static/icons/gamepad-2.svg?raw";
import glass from "lucide-static/icons/hammer.svg?raw";
import userPlus from "lucide-static/icons/hand-heart.svg?raw";
import hash from "lucide-static/icons/hash.svg?raw";
import care from "lucide-static/icons/heart-handshake.svg?raw";
import history from "lucide-static/icons/history.svg?raw";
import hourglass from "lucide-static/icons/hourglass.svg?raw";
import house from "lucide-static/icons/house.svg?raw";
import picture from "lucide-static/icons/image.svg?raw";
import keyboard from "lucide-static/icons/keyboard.svg?raw";
import link from "lucide-static/icons/link-2.svg?raw";
import list from "lucide-static/icons/list.svg?raw";
import locate from "lucide-static/icons/locate-fixed.svg?raw";
import lock from "lucide-static/icons/lock.svg?raw";
import logOut from "lucide-static/icons/log-out.svg?raw";
import mailOpen from "lucide-static/icons/mail-open.svg?raw";
import mapPin from "lucide-static/icons/map-pin.svg?raw";
import menu from "lucide-static/icons/menu.svg?raw";
import message from "lucide-static/icons/message-square-text.svg?raw";
import minus from "lucide-static/icons/minus.svg?raw";
import devices from "lucide-static/icons/monitor-smartphone.svg?raw";
import moon from "lucide-static/icons/moon.svg?raw";
import north from "lucide-static/icons/navigation-2.svg?raw";
import octagonX from "lucide-static/icons/octagon-x.svg?raw";
import palette from "lucide-static/icons/palette.svg?raw";
import pauseBars from "lucide-static/icons/pause.svg?raw";
import pencil from "lucide-static/icons/pencil.svg?raw";
import phone from "lucide-static/icons/phone.svg?raw";
import float from "lucide-static/icons/picture-in-picture-2.svg?raw";
import landing from "lucide-static/icons/plane-landing.svg?raw";
import playOn from "lucide-static/icons/play.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import qrCode from "lucide-static/icons/qr-code.svg?raw";
import radio from "lucide-static/icons/radio.svg?raw";
import receipt from "lucide-static/icons/receipt-text.svg?raw";
import refresh from "lucide-static/icons/refresh-cw.svg?raw";
import handOver from "lucide-static/icons/repeat-2.svg?raw";
import rotate from "lucide-static/icons/rotate-cw.svg?raw";
import scan from "lucide-static/icons/scan.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import send from "lucide-static/icons/send.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import signal from "lucide-static/icons/signal.svg?raw";
import siren from "lucide-static/icons/siren.svg?raw";
import smartphone from "lucide-static/icons/smartphone.svg?raw";
import store from "lucide-static/icons/store.svg?raw";
import sun from "lucide-static/icons/sun.svg?raw";
import thermometer from "lucide-static/icons/thermometer.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import triangleAlert from "lucide-static/icons/triangle-alert.svg?raw";
import parachute from "lucide-static/icons/umbrella.svg?raw";
import video from "lucide-static/icons/video.svg?raw";
import ear from "lucide-static/icons/volume-2.svg?raw";
import earNo from "lucide-static/icons/volume-x.svg?raw";
import wifi from "lucide-static/icons/wifi.svg?raw";
import wifiOff from "lucide-static/icons/wifi-off.svg?raw";
import x from "lucide-static/icons/x.svg?raw";

const DRAWINGS = {
  care,
  devices,
  queued: hourglass,
  sent: send,
  delivered: checkCheck,
  opened: mailOpen,
  sharing: radio,
  live: circleDot,
  still: circlePause,
  picture,
  write: message,
  failed: octagonX,
  asking: triangleAlert,
  over: ban,
  none: circleSlash,
  agency: building,
  back: arrowLeft,
  unit: carFront,
  done: check,
  age: clock,
  copy,
  correct: pencil,
  show: eye,
  hide: eyeOff,
  code: hash,
  history,
  keyboard,
  layout,
  link,
  list,
  locate,
  north,
  logOut,
  place: mapPin,
  menu,
  minus,
  night: moon,
  day: sun,
  phone,
  plus,
  qr: qrCode,
  again: rotate,
  fit: scan,
  glass,
  signal,
  signalWeak: signal,
  signalVeryWeak: signal,
  signalGone: signal,
  smartphone,
  swap,
  warning: triangleAlert,
  camera: video,
  lost: wifiOff,
  wifiWeak: wifi,
  bell,
  bellOff,
  connector: cable,
  hours: clockAdd,
  quiet: earNo,
  sound: ear,
  home: house,
  shop: store,
  pause: pauseBars,
  resume: playOn,
  fee: receipt,
  safe: shield,
  panic: siren,
  remove: trash,
  lend: userPlus,
  refresh,
  more: chevron,
  search,
  download,
  flag,
  float,
  lock,
  month: calendar,
  close: x,
  drone,
  steer,
  palette,
  landing,
  thermometer,
  parachute,
  handOver,
  crosshair,
} as const;

export type IconName = keyof typeof DRAWINGS;

export function Icon({ name }: { name: IconName }) {
  return (
    <span
      class={`icon icon-${name}`}
      aria-hidden="true"
      dangerouslySetInnerHTML={{ __html: DRAWINGS[name] }}
    />
  );
}
