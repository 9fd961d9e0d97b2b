import { mount } from '@/components/shell/mount'
import { TabScreen } from '@/components/tab/TabScreen'

mount(<TabScreen />)
